#pragma once

#include "policies/change/quorum.hpp"
#include "runtime/identity/directory.hpp"

namespace conclave::changes {

// Whom a person stands for in a change of `tenant`, by the roles that they hold now:
//
// - the provider: provider_admin;
// - the tenant: its security_admin. A provider_admin too, in the provider's own tenant and in one
//   where nobody is security_admin;
// - users: people of the tenant that are neither guests nor hold an admin role.
//
// Nobody: accounts that are not active, programs, and those made after `proposed_ms` (UTC), so that
// nobody makes the second person that a change of theirs waits for.
[[nodiscard]] policy::Parties parties_of(const identity::Directory& directory, TenantId tenant,
                                         TenantId home, UserId person, std::int64_t proposed_ms);

// People who stand for Party::users; counts no further than `most`.
[[nodiscard]] std::uint16_t users_of(const identity::Directory& directory, TenantId tenant,
                                     std::int64_t proposed_ms, std::uint16_t most);

}  // namespace conclave::changes
