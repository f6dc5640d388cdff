#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/store/writes.hpp"

namespace conclave::identity {

// Rows of a user that another module keeps, and that end with the user. On the shard's thread.
class Belongings {
 public:
  virtual ~Belongings() = default;
  // Adds the deletions to the transaction in which the user is deleted; called inside the gate.
  virtual void take_along(TenantId tenant, UserId user, store::Transaction* more) const = 0;
  // That transaction is on disk.
  virtual void gone(TenantId tenant, UserId user) = 0;
};

}  // namespace conclave::identity
