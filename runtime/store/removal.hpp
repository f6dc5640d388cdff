#pragma once

#include <vector>

#include "runtime/store/writes.hpp"
#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

// Deletions that span tables. Belongs to the writer's thread; inside its transactions, after the
// journal was drained in the same transaction, so that nothing of what goes is in it.
class Removal {
 public:
  [[nodiscard]] static Result<Removal> prepare(sqlite::Database& database);

  // The tenant's highest pos is kept, so that it is not given out again.
  [[nodiscard]] Result<> apply(const DeleteRoom& write);
  // The audit chain stays: it is gapless, and its sealed contents die with the tenant's keys.
  [[nodiscard]] Result<> apply(const DeleteTenant& write);
  [[nodiscard]] Result<> apply(const ExpireTombstones& write);

 private:
  sqlite::Statement keep_room_position_;
  std::vector<sqlite::Statement> delete_room_;    // parameters: tenant, room
  std::vector<sqlite::Statement> delete_tenant_;  // parameter: tenant
  sqlite::Statement keep_member_position_;
  sqlite::Statement expire_members_;
  sqlite::Statement keep_state_position_;
  sqlite::Statement expire_states_;
};

}  // namespace conclave::store
