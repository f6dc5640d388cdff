#include "runtime/store/block_table.hpp"

#include <algorithm>
#include <span>

#include "runtime/store/blobs.hpp"
#include "runtime/store/preparation.hpp"

namespace conclave::store {
namespace {

// A block below this is rewritten to take more whatever the share: its row fits one page anyway.
constexpr std::size_t kSmallBlock = 4'096;
// A larger one is rewritten only for news of a fair size, so that a slow room is not written over
// and over: each byte is rewritten a few times at most.
constexpr std::size_t kRewriteShare = 4;

void add_group(Block& block, std::span<const SegmentSource> group) {
  if (block.segments.empty()) block.segments = begin_block();
  if (block.entries == 0) {
    block.first_seq = group.front().mark.first_seq;
    block.first_ts_ms = group.front().mark.first_ts_ms;
  }
  for (const auto& segment : group) {
    append_segment(block.segments, segment.bytes);
    block.entries += segment.mark.entries;
    block.last_seq = std::max(block.last_seq, segment.mark.last_seq);
  }
}

bool has_room(const Block& block, std::span<const SegmentSource> group) {
  std::size_t bytes = block.segments.size();
  std::size_t entries = block.entries;
  for (const auto& segment : group) {
    bytes += 4 + segment.bytes.size();
    entries += segment.mark.entries;
  }
  return block.entries == 0 || (entries <= kBlockEntries && bytes <= kBlockBytes);
}

}  // namespace

std::vector<Block> pack_blocks(Block open, std::vector<SegmentSource> segments) {
  std::ranges::sort(segments, {},
                    [](const SegmentSource& source) { return source.mark.first_seq; });
  std::vector<Block> blocks;
  const std::span<const SegmentSource> all(segments);
  std::size_t start = 0;
  while (start < all.size()) {
    std::size_t end = start + 1;
    std::uint64_t group_last = all[start].mark.last_seq;
    while (end < all.size() && all[end].mark.first_seq < group_last) {
      group_last = std::max(group_last, all[end].mark.last_seq);
      ++end;
    }
    const auto group = all.subspan(start, end - start);
    if (!has_room(open, group)) {
      blocks.push_back(std::move(open));
      open = {};
    }
    add_group(open, group);
    start = end;
  }
  if (open.entries > 0) blocks.push_back(std::move(open));
  return blocks;
}

Block read_block(const sqlite::Statement& row) {
  Block block;
  block.id = row.i64(0);
  block.first_seq = row.u64(1);
  block.last_seq = row.u64(2);
  block.first_ts_ms = row.i64(3);
  block.entries = row.u32(4);
  block.segments = row.bytes(5);
  return block;
}

Result<BlockTable> BlockTable::prepare(sqlite::Database& database) {
  BlockTable table;
  Preparation statement(database);
  table.last_ = statement(
      "SELECT id, first_seq, last_seq, first_ts, n, length(segments) FROM block"
      " WHERE tenant=? AND room=? ORDER BY first_seq DESC LIMIT 1");
  table.segments_ = statement("SELECT segments FROM block WHERE id=?");
  table.covering_ = statement(kBlocksCovering);
  table.insert_ = statement(
      "INSERT INTO block(tenant, room, first_seq, last_seq, first_ts, n, segments)"
      " VALUES(?, ?, ?, ?, ?, ?, ?)");
  table.update_ = statement("UPDATE block SET last_seq=?2, n=?3, segments=?4 WHERE id=?1");
  table.delete_ = statement("DELETE FROM block WHERE id=?");
  CONCLAVE_TRY(statement.outcome());
  return table;
}

Result<std::optional<std::uint64_t>> BlockTable::last_seq(const RoomKey& room) {
  std::optional<std::uint64_t> result;
  last_.bind(room.tenant, room.room);
  CONCLAVE_TRY(last_.rows([&] { result = last_.u64(2); }));
  return result;
}

Result<Block> BlockTable::take_open_block(const RoomKey& room, std::size_t new_bytes) {
  Block block;
  bool open = false;
  last_.bind(room.tenant, room.room);
  CONCLAVE_TRY(last_.rows([&] {
    const std::size_t bytes = last_.u64(5);
    const bool full = last_.u64(4) >= kBlockEntries || bytes >= kBlockBytes;
    open = !full && bytes <= std::max(kSmallBlock, kRewriteShare * new_bytes);
    block.id = last_.i64(0);
    block.first_seq = last_.u64(1);
    block.last_seq = last_.u64(2);
    block.first_ts_ms = last_.i64(3);
    block.entries = last_.u32(4);
  }));
  if (!open) return Block{};
  segments_.bind(block.id);
  CONCLAVE_TRY(segments_.rows([&] { block.segments = segments_.bytes(0); }));
  return block;
}

Result<> BlockTable::put(const RoomKey& room, const Block& block) {
  if (block.id != 0) return update_.run(block.id, block.last_seq, block.entries, block.segments);
  return insert_.run(room.tenant, room.room, block.first_seq, block.last_seq, block.first_ts_ms,
                     block.entries, block.segments);
}

Result<> BlockTable::append(const RoomKey& room, std::vector<SegmentSource> segments) {
  std::size_t bytes = 0;
  for (const auto& segment : segments) bytes += 4 + segment.bytes.size();
  auto open = take_open_block(room, bytes);
  if (!open) return std::unexpected(std::move(open).error());
  for (const auto& block : pack_blocks(std::move(*open), std::move(segments))) {
    CONCLAVE_TRY(put(room, block));
  }
  return {};
}

Result<std::vector<Block>> BlockTable::covering(const RoomKey& room, std::uint64_t first_seq,
                                                std::uint64_t last_seq) {
  std::vector<Block> blocks;
  covering_.bind(room.tenant, room.room, first_seq, last_seq);
  CONCLAVE_TRY(covering_.rows([&] { blocks.push_back(read_block(covering_)); }));
  return blocks;
}

Result<> BlockTable::replace(const RoomKey& room, const std::vector<Block>& old_blocks,
                             std::vector<SegmentSource> segments) {
  for (const auto& block : old_blocks) CONCLAVE_TRY(delete_.run(block.id));
  for (const auto& block : pack_blocks({}, std::move(segments))) CONCLAVE_TRY(put(room, block));
  return {};
}

}  // namespace conclave::store
