#include "runtime/identity/rights.hpp"

#include "runtime/identity/errors.hpp"

namespace conclave::identity {

Result<void> authorise_provider(const Directory& directory, const Actor& actor, bool read_only) {
  const Tenant* provider = directory.provider();
  if (provider == nullptr || actor.tenant != provider->id) return fail(kDenied);
  if (actor.roles.has(Role::provider_admin)) return {};
  if (read_only && actor.roles.has(Role::provider_auditor)) return {};
  return fail(kDenied, "provider_admin");
}

Result<void> authorise(const Directory& directory, const Actor& actor, TenantId tenant,
                       RoleSet roles) {
  if (directory.tenant(tenant) == nullptr) return fail(kTenantNotFound);
  if (authorise_provider(directory, actor, false)) return {};
  if (actor.tenant != tenant) return fail(kTenantNotFound);
  if ((actor.roles.bits() & roles.bits()) == 0) return fail(kDenied);
  return {};
}

}  // namespace conclave::identity
