#include "runtime/store/row_table.hpp"

#include <string>

#include "runtime/store/errors.hpp"
#include "runtime/store/preparation.hpp"

namespace conclave::store {

Result<RowTable> RowTable::prepare(sqlite::Database& database, const base::Clock& clock) {
  RowTable table;
  table.clock_ = &clock;
  Preparation statement(database);
  table.put_record_ = statement(
      "INSERT OR REPLACE INTO record(tenant, kind, id, sub, version, content, mac)"
      " VALUES(?, ?, ?, ?, ?, ?, ?)");
  table.delete_record_ =
      statement("DELETE FROM record WHERE tenant=? AND kind=? AND id=? AND sub=?");
  table.delete_ring_ = statement("DELETE FROM ring WHERE tenant=? AND device=?");
  table.put_room_ = statement(
      "INSERT INTO room(tenant, room, head_seq, head_n, head_pos, last_all_seq, version, power, "
      "mac,"
      " profile_sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT DO UPDATE SET version=excluded.version, power=excluded.power, mac=excluded.mac,"
      " profile_sealed=excluded.profile_sealed");
  table.put_member_ = statement(
      "INSERT OR REPLACE INTO member(tenant, room, user, role, state, version, mac, pos, "
      "changed_ms,"
      " read_seq, read_n, delivered_seq) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  table.put_marks_ = statement(
      "UPDATE member SET read_seq=?4, read_n=?5, delivered_seq=?6"
      " WHERE tenant=?1 AND room=?2 AND user=?3");
  table.put_user_state_ = statement(
      "INSERT OR REPLACE INTO user_state(tenant, user, key, pos, version, deleted, changed_ms,"
      " value_sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  table.add_annotation_ = statement(
      "INSERT OR REPLACE INTO annotation(tenant, room, target, seq, kind, author, emoji)"
      " VALUES(?, ?, ?, ?, ?, ?, ?)");
  table.add_mention_ = statement(
      "INSERT OR IGNORE INTO mention(tenant, user, pos, room, seq) VALUES(?, ?, ?, ?, ?)");
  table.put_content_key_ = statement(
      "INSERT OR REPLACE INTO content_key(tenant, room, author, generation, key_id, blob)"
      " VALUES(?, ?, ?, ?, ?, ?)");
  table.put_doomed_key_ = statement(
      "INSERT OR IGNORE INTO doomed_key(tenant, kind, id, since_ms) VALUES(?, ?, ?, ?)");
  table.delete_doomed_key_ =
      statement("DELETE FROM doomed_key WHERE tenant=? AND kind=? AND id=?");
  table.last_audit_ = statement("SELECT coalesce(max(number), 0) FROM audit");
  table.append_audit_ = statement(
      "INSERT INTO audit(number, ts_ms, tenant, content_sealed, chain) VALUES(?, ?, ?, ?, ?)");
  CONCLAVE_TRY(statement.outcome());
  return table;
}

Result<> RowTable::apply(const PutRecord& write) {
  const auto& row = write.row;
  return put_record_.run(row.tenant, static_cast<int>(row.kind), row.id, row.sub, row.version,
                         row.content, row.mac);
}

Result<> RowTable::apply(const DeleteRecord& write) {
  if (write.kind == RecordKind::device) CONCLAVE_TRY(delete_ring_.run(write.tenant, write.id));
  return delete_record_.run(write.tenant, static_cast<int>(write.kind), write.id, write.sub);
}

Result<> RowTable::apply(const PutRoom& write) {
  const auto& row = write.row;
  return put_room_.run(row.tenant, row.room, row.head_seq, row.head_n, row.head_pos,
                       row.last_all_seq, row.version, row.power, row.mac, row.profile_sealed);
}

Result<> RowTable::apply(const PutMember& write) {
  const auto& row = write.row;
  return put_member_.run(row.tenant, row.room, row.user, row.role, row.state, row.version, row.mac,
                         row.pos, row.changed_ms, row.read_seq, row.read_n, row.delivered_seq);
}

Result<> RowTable::apply(const PutMarks& write) {
  return put_marks_.run(write.tenant, write.room, write.user, write.read_seq, write.read_n,
                        write.delivered_seq);
}

Result<> RowTable::apply(const PutUserState& write) {
  const auto& row = write.row;
  return put_user_state_.run(row.tenant, row.user, std::string_view(row.key), row.pos, row.version,
                             row.deleted, clock_->utc_ms(), row.value_sealed);
}

Result<> RowTable::apply(const AddAnnotation& write) {
  const auto& row = write.row;
  return add_annotation_.run(row.tenant, row.room, row.target, row.seq, row.kind, row.author,
                             std::string_view(row.emoji));
}

Result<> RowTable::apply(const AddMention& write) {
  const auto& row = write.row;
  return add_mention_.run(row.tenant, row.user, row.pos, row.room, row.seq);
}

Result<> RowTable::apply(const PutContentKey& write) {
  const auto& row = write.row;
  return put_content_key_.run(row.tenant, row.room, row.author, row.generation, row.key_id,
                              row.blob);
}

Result<> RowTable::apply(const PutDoomedKey& write) {
  const auto& row = write.row;
  return put_doomed_key_.run(row.tenant, static_cast<int>(row.kind), row.id, row.since_ms);
}

Result<> RowTable::apply(const DeleteDoomedKey& write) {
  return delete_doomed_key_.run(write.tenant, static_cast<int>(write.kind), write.id);
}

Result<> RowTable::apply(const AppendAudit& write) {
  const auto& row = write.row;
  std::uint64_t last = 0;
  CONCLAVE_TRY(last_audit_.rows([&] { last = last_audit_.u64(0); }));
  if (row.number != last + 1) {
    return fail(kCommitRejected,
                "audit number " + std::to_string(row.number) + " after " + std::to_string(last));
  }
  return append_audit_.run(row.number, row.ts_ms, row.tenant, row.content_sealed, row.chain);
}

}  // namespace conclave::store
