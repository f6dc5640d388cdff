#include "runtime/changes/electors.hpp"

#include <algorithm>

namespace conclave::changes {

namespace {

using identity::Role;
using identity::RoleSet;
using policy::Party;

constexpr RoleSet kNotUsers{Role::guest,      Role::service,        Role::user_admin,
                            Role::room_admin, Role::security_admin, Role::provider_admin};

bool has_security_admin(const identity::Directory& directory, TenantId tenant) {
  return std::ranges::any_of(directory.users(tenant), [&](const identity::User* user) {
    return directory.active(tenant, user->id) &&
           directory.roles_of(tenant, user->id).has(Role::security_admin);
  });
}

bool is_user(const identity::User& user, RoleSet roles) {
  return user.kind == identity::UserKind::person && (roles.bits() & kNotUsers.bits()) == 0;
}

}  // namespace

policy::Parties parties_of(const identity::Directory& directory, TenantId tenant, TenantId home,
                           UserId person, std::int64_t proposed_ms) {
  policy::Parties out;
  const identity::User* user = directory.user(home, person);
  if (user == nullptr || !directory.active(home, person)) return out;
  if (user->kind != identity::UserKind::person || user->created_ms > proposed_ms) return out;
  const RoleSet roles = directory.roles_of(home, person);
  const identity::Tenant* provider = directory.provider();
  if (provider != nullptr && home == provider->id && roles.has(Role::provider_admin)) {
    out.add(Party::provider);
    if (tenant == home || !has_security_admin(directory, tenant)) out.add(Party::tenant);
  }
  if (home != tenant) return out;
  if (roles.has(Role::security_admin)) out.add(Party::tenant);
  if (is_user(*user, roles)) out.add(Party::users);
  return out;
}

std::uint16_t users_of(const identity::Directory& directory, TenantId tenant,
                       std::int64_t proposed_ms, std::uint16_t most) {
  std::uint16_t out = 0;
  for (const identity::User* user : directory.users(tenant)) {
    if (out == most) break;
    const auto parties = parties_of(directory, tenant, tenant, user->id, proposed_ms);
    out = static_cast<std::uint16_t>(out + (parties.has(Party::users) ? 1 : 0));
  }
  return out;
}

}  // namespace conclave::changes
