#pragma once

#include "runtime/identity/directory.hpp"

namespace conclave::identity {

// provider_admin, or (when `read_only`) provider_auditor; else kDenied.
[[nodiscard]] Result<void> authorise_provider(const Directory& directory, const Actor& actor,
                                              bool read_only);
// kDenied unless the actor holds one of `roles` in `tenant`, or is a provider_admin;
// kTenantNotFound when the tenant is not one that the actor may know of.
[[nodiscard]] Result<void> authorise(const Directory& directory, const Actor& actor,
                                     TenantId tenant, RoleSet roles);

}  // namespace conclave::identity
