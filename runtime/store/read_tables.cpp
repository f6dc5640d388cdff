#include "runtime/store/read_tables.hpp"

#include "runtime/store/block_table.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/preparation.hpp"
#include "runtime/store/schema.hpp"

// Rows; the log is in read_log.cpp.
namespace conclave::store {
namespace {

constexpr std::uint32_t kAnnotationLimit = 5'000;

AnnotationRow annotation(const sqlite::Statement& row) {
  return {{row.u64(0)},
          {row.u64(1)},
          row.u64(2),
          row.u64(3),
          row.u8(4),
          {row.u64(5)},
          std::string(row.text(6))};
}

UserStateRow user_state_row(const sqlite::Statement& row) {
  return {{row.u64(0)},    {row.u64(1)}, std::string(row.text(2)), row.u64(3), row.u64(4),
          row.i64(5) != 0, row.bytes(6)};
}

template <class Row, class Make>
Result<std::vector<Row>> collect(sqlite::Statement& statement, Make make) {
  std::vector<Row> result;
  const auto outcome = statement.rows([&] { result.push_back(make(statement)); });
  if (!outcome) return std::unexpected(store_error(outcome.error()));
  return result;
}

}  // namespace

Result<ReadTables> ReadTables::open(const std::filesystem::path& file, const PublishedTail& tail) {
  auto database = sqlite::Database::open(file, sqlite::Access::read);
  if (!database) return std::unexpected(store_error(database.error()));
  ReadTables tables(std::move(*database), tail);
  if (const auto prepared = tables.prepare(); !prepared) {
    return std::unexpected(store_error(prepared.error()));
  }
  return tables;
}

Result<> ReadTables::prepare() {
  Preparation statement(database_);
  blocks_covering_ = statement(kBlocksCovering);
  block_before_ = statement(
      "SELECT id, first_seq, last_seq, first_ts, n FROM block"
      " WHERE tenant=? AND room=? AND first_seq<=? ORDER BY first_seq DESC LIMIT 1");
  block_ends_ =
      statement("SELECT min(first_seq), max(first_seq) FROM block WHERE tenant=? AND room=?");
  segments_of_ = statement("SELECT segments FROM block WHERE id=?");
  annotations_ = statement(
      "SELECT tenant, room, target, seq, kind, author, emoji FROM annotation"
      " WHERE tenant=? AND room=? AND target BETWEEN ? AND ? ORDER BY target, seq LIMIT ?");
  annotated_ = statement(
      "SELECT tenant, room, target, seq, kind, author, emoji FROM annotation"
      " WHERE tenant=? AND room=? AND target=? AND seq>? AND kind=? ORDER BY seq LIMIT ?");
  mentions_ = statement(
      "SELECT tenant, user, pos, room, seq FROM mention"
      " WHERE tenant=? AND user=? AND pos>? ORDER BY pos LIMIT ?");
  user_state_ = statement(
      "SELECT tenant, user, key, pos, version, deleted, value_sealed FROM user_state"
      " WHERE tenant=? AND user=? AND pos>? ORDER BY pos LIMIT ?");
  user_state_key_ = statement(
      "SELECT tenant, user, key, pos, version, deleted, value_sealed FROM user_state"
      " WHERE tenant=? AND user=? AND key=?");
  audit_ = statement(
      "SELECT number, ts_ms, tenant, content_sealed, chain FROM audit"
      " WHERE number>? ORDER BY number LIMIT ?");
  expired_pos_ = statement("SELECT tenant, expired_pos FROM position WHERE expired_pos>0");
  return statement.outcome();
}

Result<std::vector<AnnotationRow>> ReadTables::annotations(const RoomKey& room,
                                                           std::uint64_t first_target,
                                                           std::uint64_t last_target) {
  annotations_.bind(room.tenant, room.room, first_target, last_target, kAnnotationLimit);
  return collect<AnnotationRow>(annotations_, annotation);
}

Result<std::vector<AnnotationRow>> ReadTables::annotated(const RoomKey& room, std::uint64_t target,
                                                         std::uint8_t kind, std::uint64_t after_seq,
                                                         std::uint32_t limit) {
  annotated_.bind(room.tenant, room.room, target, after_seq, kind, limit);
  return collect<AnnotationRow>(annotated_, annotation);
}

Result<std::vector<MentionRow>> ReadTables::mentions(TenantId tenant, UserId user,
                                                     std::uint64_t after_pos, std::uint32_t limit) {
  mentions_.bind(tenant, user, after_pos, limit);
  return collect<MentionRow>(mentions_, [](const sqlite::Statement& row) {
    return MentionRow{{row.u64(0)}, {row.u64(1)}, row.u64(2), {row.u64(3)}, row.u64(4)};
  });
}

Result<std::vector<UserStateRow>> ReadTables::user_state(TenantId tenant, UserId user,
                                                         std::uint64_t after_pos,
                                                         std::uint32_t limit) {
  user_state_.bind(tenant, user, after_pos, limit);
  return collect<UserStateRow>(user_state_, user_state_row);
}

Result<std::optional<UserStateRow>> ReadTables::user_state_key(TenantId tenant, UserId user,
                                                               const std::string& key) {
  user_state_key_.bind(tenant, user, std::string_view(key));
  auto rows = collect<UserStateRow>(user_state_key_, user_state_row);
  if (!rows) return std::unexpected(std::move(rows).error());
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

Result<std::vector<AuditRow>> ReadTables::audit(std::uint64_t after_number, std::uint32_t limit) {
  audit_.bind(after_number, limit);
  return collect<AuditRow>(audit_, [](const sqlite::Statement& row) {
    return AuditRow{row.u64(0), row.i64(1), {row.u64(2)}, row.bytes(3), row.bytes(4)};
  });
}

Result<ExpiredPositions> ReadTables::expired_pos() {
  return collect<ExpiredPositions::value_type>(expired_pos_, [](const sqlite::Statement& row) {
    return ExpiredPositions::value_type{TenantId{row.u64(0)}, row.u64(1)};
  });
}

}  // namespace conclave::store
