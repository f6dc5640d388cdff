#pragma once

#include <optional>

#include "runtime/identity/actor.hpp"

namespace conclave::sync {

// What chat and presence need to know about people; the composition root adapts identity's
// directory to it. On the shard's thread; answers from memory.
class UserDirectory {
 public:
  virtual ~UserDirectory() = default;
  // The tenant-wide roles of an active user of this tenant; none when there is no such user.
  [[nodiscard]] virtual std::optional<identity::RoleSet> roles_of(TenantId tenant,
                                                                  UserId user) const = 0;
  // A deleted user, whose words nobody may read any more.
  [[nodiscard]] virtual bool erased(TenantId tenant, UserId user) const = 0;
};

}  // namespace conclave::sync
