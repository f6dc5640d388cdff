#include "runtime/store/drain.hpp"

#include <algorithm>
#include <unordered_map>

#include "runtime/store/blobs.hpp"
#include "runtime/store/preparation.hpp"

namespace conclave::store {

struct Drain::Slice {
  std::uint64_t last_commit_no = 0;
  std::vector<BatchPtr> batches;  // keep the views in `rooms` alive
  // Ordered by key, so that neighbouring rows are written one after the other.
  std::map<RoomKey, std::vector<SegmentSource>> rooms;
  std::map<RoomKey, RoomHead> heads;
  std::map<std::pair<TenantId, DeviceId>, std::vector<RingEntry>> rings;
  std::map<TenantId, std::uint64_t> positions;
};

Result<Drain> Drain::prepare(sqlite::Database& database) {
  Drain drain;
  Preparation statement(database);
  drain.put_head_ = statement(
      "UPDATE room SET head_seq=?3, head_n=?4, head_pos=?5, last_all_seq=?6"
      " WHERE tenant=?1 AND room=?2");
  drain.put_position_ = statement(
      "INSERT INTO position(tenant, last_pos, expired_pos) VALUES(?1, ?2, 0)"
      " ON CONFLICT(tenant) DO UPDATE SET last_pos=max(last_pos, ?2)");
  drain.get_ring_ = statement("SELECT entries FROM ring WHERE tenant=? AND device=?");
  drain.put_ring_ =
      statement("INSERT OR REPLACE INTO ring(tenant, device, entries) VALUES(?, ?, ?)");
  CONCLAVE_TRY(statement.outcome());
  return drain;
}

Drain::Slice Drain::gather(const Tail& tail, std::size_t entries) {
  Slice slice;
  std::size_t gathered = 0;
  for (const auto& [commit_no, batch] : tail.batches()) {
    if (gathered >= entries) break;
    gathered += std::max<std::size_t>(batch->entries, 1);
    slice.last_commit_no = commit_no;
    slice.batches.push_back(batch);
    for (std::size_t i = 0; i < batch->marks.size(); ++i) {
      slice.rooms[batch->marks[i].room].push_back({batch->marks[i], batch->commit.segments[i]});
    }
    for (const auto& head : batch->commit.heads) {
      slice.heads[{head.tenant, head.room}] = head;
      auto& position = slice.positions[head.tenant];
      position = std::max(position, head.head_pos);
    }
    for (const auto& entry : batch->commit.ring) {
      slice.rings[{entry.tenant, entry.device}].push_back(entry);
    }
  }
  return slice;
}

Result<> Drain::run(Journal& journal, BlockTable& blocks, std::size_t entries) {
  Slice slice = gather(journal.tail(), entries);
  if (slice.batches.empty()) return {};
  // First, so that the blocks take the freed pages and each is written to the log once, not twice.
  CONCLAVE_TRY(journal.remove_through(slice.last_commit_no));
  for (auto& [room, segments] : slice.rooms) CONCLAVE_TRY(blocks.append(room, std::move(segments)));
  CONCLAVE_TRY(put_heads(slice));
  return put_rings(slice);
}

Result<> Drain::put_heads(const Slice& slice) {
  for (const auto& [room, head] : slice.heads) {
    CONCLAVE_TRY(put_head_.run(head.tenant, head.room, head.head_seq, head.head_n, head.head_pos,
                               head.last_all_seq));
  }
  for (const auto& [tenant, pos] : slice.positions) CONCLAVE_TRY(put_position_.run(tenant, pos));
  return {};
}

Result<> Drain::put_rings(Slice& slice) {
  for (const auto& [key, newer] : slice.rings) {
    const auto& [tenant, device] = key;
    Result<std::vector<RingEntry>> ring;
    if (newer.size() < kRingEntries) {
      get_ring_.bind(tenant, device);
      CONCLAVE_TRY(get_ring_.rows([&] { ring = decode_ring(tenant, device, get_ring_.blob(0)); }));
      if (!ring) return std::unexpected(std::move(ring).error());
    }
    extend_ring(*ring, newer);
    CONCLAVE_TRY(put_ring_.run(tenant, device, encode_ring(*ring)));
  }
  return {};
}

void extend_ring(std::vector<RingEntry>& ring, const std::vector<RingEntry>& newer) {
  ring.insert(ring.end(), newer.begin(), newer.end());
  if (ring.size() > kRingEntries) {
    ring.erase(ring.begin(), ring.end() - static_cast<std::ptrdiff_t>(kRingEntries));
  }
}

}  // namespace conclave::store
