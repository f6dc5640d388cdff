#include "runtime/store/snapshot.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "runtime/store/blobs.hpp"
#include "runtime/store/drain.hpp"
#include "runtime/store/schema.hpp"

namespace conclave::store {
namespace {

template <class Each>
Result<> each_row(sqlite::Database& database, std::string_view sql, Each each) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  return statement->rows([&] { each(*statement); });
}

Result<> read_records(sqlite::Database& database, Snapshot& out) {
  return each_row(database, "SELECT tenant, kind, id, sub, version, content, mac FROM record",
                  [&](const sqlite::Statement& row) {
                    out.records.push_back({static_cast<RecordKind>(row.u8(1)),
                                           {row.u64(0)},
                                           row.u64(2),
                                           row.u64(3),
                                           row.u64(4),
                                           row.bytes(5),
                                           row.bytes(6)});
                  });
}

Result<> read_rooms(sqlite::Database& database, const Tail& tail, Snapshot& out) {
  std::unordered_map<RoomKey, RoomHead, RoomKeyHash> heads;
  for (const auto& [commit_no, batch] : tail.batches()) {
    for (const auto& head : batch->commit.heads) heads[{head.tenant, head.room}] = head;
  }
  return each_row(
      database,
      "SELECT tenant, room, head_seq, head_n, head_pos, last_all_seq, version, power, mac,"
      " profile_sealed FROM room",
      [&](const sqlite::Statement& row) {
        RoomRow room{{row.u64(0)}, {row.u64(1)}, row.u64(2),   row.u64(3),   row.u64(4),
                     row.u64(5),   row.u64(6),   row.bytes(7), row.bytes(8), row.bytes(9)};
        if (const auto head = heads.find({room.tenant, room.room}); head != heads.end()) {
          room.head_seq = head->second.head_seq;
          room.head_n = head->second.head_n;
          room.head_pos = head->second.head_pos;
          room.last_all_seq = head->second.last_all_seq;
        }
        out.rooms.push_back(std::move(room));
      });
}

Result<> read_members(sqlite::Database& database, Snapshot& out) {
  return each_row(database,
                  "SELECT tenant, room, user, role, state, version, mac, pos, changed_ms, read_seq,"
                  " read_n, delivered_seq FROM member",
                  [&](const sqlite::Statement& row) {
                    out.members.push_back({{row.u64(0)},
                                           {row.u64(1)},
                                           {row.u64(2)},
                                           row.u8(3),
                                           row.u8(4),
                                           row.u64(5),
                                           row.bytes(6),
                                           row.u64(7),
                                           row.i64(8),
                                           row.u64(9),
                                           row.u64(10),
                                           row.u64(11)});
                  });
}

Result<> read_rings(sqlite::Database& database, const Tail& tail, Snapshot& out) {
  std::map<std::pair<TenantId, DeviceId>, std::vector<RingEntry>> rings;
  Result<> decoded;
  CONCLAVE_TRY(each_row(database, "SELECT tenant, device, entries FROM ring",
                        [&](const sqlite::Statement& row) {
                          const TenantId tenant{row.u64(0)};
                          const DeviceId device{row.u64(1)};
                          auto entries = decode_ring(tenant, device, row.blob(2));
                          if (entries) {
                            rings[{tenant, device}] = std::move(*entries);
                          } else {
                            decoded = std::unexpected(std::move(entries).error());
                          }
                        }));
  CONCLAVE_TRY(decoded);
  for (const auto& [commit_no, batch] : tail.batches()) {
    for (const auto& entry : batch->commit.ring) {
      extend_ring(rings[{entry.tenant, entry.device}], {entry});
    }
  }
  for (auto& [key, entries] : rings)
    out.rings.push_back({key.first, key.second, std::move(entries)});
  return {};
}

Result<> read_content_keys(sqlite::Database& database, Snapshot& out) {
  return each_row(
      database, "SELECT tenant, room, author, generation, key_id, blob FROM content_key",
      [&](const sqlite::Statement& row) {
        out.content_keys.push_back(
            {{row.u64(0)}, {row.u64(1)}, {row.u64(2)}, row.u32(3), row.bytes(4), row.bytes(5)});
      });
}

Result<> read_doomed_keys(sqlite::Database& database, Snapshot& out) {
  return each_row(database, "SELECT tenant, kind, id, since_ms FROM doomed_key",
                  [&](const sqlite::Statement& row) {
                    out.doomed_keys.push_back({{row.u64(0)},
                                               static_cast<DoomedKind>(row.u8(1)),
                                               row.u64(2),
                                               row.i64(3)});
                  });
}

// Mentions need no look: their pos is not above their room's head, nor above what a removed room
// left in `position`.
Result<> read_positions(sqlite::Database& database, const Tail& tail, Snapshot& out) {
  std::map<TenantId, std::uint64_t> last;
  const auto raise = [&](TenantId tenant, std::uint64_t pos) {
    auto& known = last[tenant];
    known = std::max(known, pos);
  };
  CONCLAVE_TRY(each_row(database, "SELECT tenant, last_pos, expired_pos FROM position",
                        [&](const sqlite::Statement& row) {
                          raise({row.u64(0)}, row.u64(1));
                          if (row.u64(2) > 0)
                            out.expired_pos.emplace_back(TenantId{row.u64(0)}, row.u64(2));
                        }));
  CONCLAVE_TRY(each_row(database, "SELECT tenant, max(pos) FROM user_state GROUP BY tenant",
                        [&](const sqlite::Statement& row) { raise({row.u64(0)}, row.u64(1)); }));
  for (const auto& room : out.rooms) raise(room.tenant, room.head_pos);
  for (const auto& member : out.members) raise(member.tenant, member.pos);
  for (const auto& [commit_no, batch] : tail.batches()) {
    for (const auto& head : batch->commit.heads) raise(head.tenant, head.head_pos);
  }
  out.last_pos.assign(last.begin(), last.end());
  return {};
}

}  // namespace

Result<Snapshot> read_snapshot(sqlite::Database& database, const Tail& tail) {
  Snapshot snapshot;
  auto epoch = read_epoch(database);
  if (!epoch) return std::unexpected(std::move(epoch).error());
  snapshot.epoch = *epoch;
  CONCLAVE_TRY(read_records(database, snapshot));
  CONCLAVE_TRY(read_rooms(database, tail, snapshot));
  CONCLAVE_TRY(read_members(database, snapshot));
  CONCLAVE_TRY(read_rings(database, tail, snapshot));
  CONCLAVE_TRY(read_content_keys(database, snapshot));
  CONCLAVE_TRY(read_doomed_keys(database, snapshot));
  CONCLAVE_TRY(read_positions(database, tail, snapshot));
  CONCLAVE_TRY(each_row(database, "SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1",
                        [&](const sqlite::Statement& row) {
                          snapshot.last_audit_number = row.u64(0);
                          snapshot.last_audit_chain = row.bytes(1);
                        }));
  return snapshot;
}

}  // namespace conclave::store
