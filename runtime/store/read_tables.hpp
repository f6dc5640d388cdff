#pragma once

#include <optional>
#include <vector>

#include "runtime/store/block_table.hpp"
#include "runtime/store/content_store.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

// Queries of one reader: its connection and prepared statements. Belongs to one thread.
class ReadTables {
 public:
  [[nodiscard]] static Result<ReadTables> open(const std::filesystem::path& file,
                                               const PublishedTail& tail);

  // Errors are the store's.
  [[nodiscard]] Result<LogSlice> log(const RoomKey& room, std::uint64_t first_seq,
                                     std::uint64_t last_seq);
  [[nodiscard]] Result<std::optional<std::uint64_t>> seq_at(const RoomKey& room,
                                                            std::int64_t ts_ms);
  [[nodiscard]] Result<std::vector<AnnotationRow>> annotations(const RoomKey& room,
                                                               std::uint64_t first_target,
                                                               std::uint64_t last_target);
  [[nodiscard]] Result<std::vector<AnnotationRow>> annotated(const RoomKey& room,
                                                             std::uint64_t target,
                                                             std::uint8_t kind,
                                                             std::uint64_t after_seq,
                                                             std::uint32_t limit);
  [[nodiscard]] Result<std::vector<MentionRow>> mentions(TenantId tenant, UserId user,
                                                         std::uint64_t after_pos,
                                                         std::uint32_t limit);
  [[nodiscard]] Result<std::vector<UserStateRow>> user_state(TenantId tenant, UserId user,
                                                             std::uint64_t after_pos,
                                                             std::uint32_t limit);
  [[nodiscard]] Result<std::optional<UserStateRow>> user_state_key(TenantId tenant, UserId user,
                                                                   const std::string& key);
  [[nodiscard]] Result<std::vector<AuditRow>> audit(std::uint64_t after_number,
                                                    std::uint32_t limit);
  [[nodiscard]] Result<ExpiredPositions> expired_pos();

 private:
  ReadTables(sqlite::Database database, const PublishedTail& tail)
      : database_(std::move(database)), tail_(&tail) {}
  Result<> prepare();
  Result<std::optional<Block>> block_before(const RoomKey& room, std::uint64_t seq);
  Result<std::optional<Block>> last_block_older(const RoomKey& room, std::int64_t ts_ms);

  sqlite::Database database_;  // first, so that it outlives the statements
  const PublishedTail* tail_;
  sqlite::Statement blocks_covering_;
  sqlite::Statement block_before_;
  sqlite::Statement block_ends_;
  sqlite::Statement segments_of_;
  sqlite::Statement annotations_;
  sqlite::Statement annotated_;
  sqlite::Statement mentions_;
  sqlite::Statement user_state_;
  sqlite::Statement user_state_key_;
  sqlite::Statement audit_;
  sqlite::Statement expired_pos_;
};

}  // namespace conclave::store
