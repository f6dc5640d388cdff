#pragma once

#include <string>
#include <utility>

#include "runtime/audit/trail.hpp"
#include "runtime/identity/actor.hpp"

namespace conclave::identity {

// An admin did something in `tenant`'s trail; an actor of no user is the server itself.
[[nodiscard]] inline audit::Entry admin_entry(const Actor& by, TenantId tenant, std::string action,
                                              std::string subject) {
  return {tenant, by.user, by.tenant, by.device, std::move(action), std::move(subject), {}};
}

}  // namespace conclave::identity
