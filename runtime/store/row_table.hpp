#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/store/writes.hpp"
#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

// Writes of single rows. Belongs to the writer's thread; inside its transactions.
class RowTable {
 public:
  [[nodiscard]] static Result<RowTable> prepare(sqlite::Database& database,
                                                const base::Clock& clock);

  [[nodiscard]] Result<> apply(const PutRecord& write);
  [[nodiscard]] Result<> apply(const DeleteRecord& write);
  [[nodiscard]] Result<> apply(const PutRoom& write);
  [[nodiscard]] Result<> apply(const PutMember& write);
  [[nodiscard]] Result<> apply(const PutMarks& write);
  [[nodiscard]] Result<> apply(const PutUserState& write);
  [[nodiscard]] Result<> apply(const AddAnnotation& write);
  [[nodiscard]] Result<> apply(const AddMention& write);
  [[nodiscard]] Result<> apply(const PutContentKey& write);
  [[nodiscard]] Result<> apply(const PutDoomedKey& write);
  [[nodiscard]] Result<> apply(const DeleteDoomedKey& write);
  // kCommitRejected unless the number follows the newest one.
  [[nodiscard]] Result<> apply(const AppendAudit& write);

 private:
  const base::Clock* clock_ = nullptr;
  sqlite::Statement put_record_;
  sqlite::Statement delete_record_;
  sqlite::Statement delete_ring_;
  sqlite::Statement put_room_;
  sqlite::Statement put_member_;
  sqlite::Statement put_marks_;
  sqlite::Statement put_user_state_;
  sqlite::Statement add_annotation_;
  sqlite::Statement add_mention_;
  sqlite::Statement put_content_key_;
  sqlite::Statement put_doomed_key_;
  sqlite::Statement delete_doomed_key_;
  sqlite::Statement last_audit_;
  sqlite::Statement append_audit_;
};

}  // namespace conclave::store
