#include <algorithm>
#include <string>

#include "hsm/api/segment.hpp"
#include "runtime/store/blobs.hpp"
#include "runtime/store/block_table.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/read_tables.hpp"
#include "runtime/store/schema.hpp"

// Reads of the log. The tail is looked at first and the file afterwards: what a drain moves in
// between is then found twice and taken from the file, instead of not at all.
namespace conclave::store {
namespace {

struct Found {
  std::uint64_t first_seq;
  Bytes bytes;
};

// Lowest seq with a time not before ts_ms among the segment's entries.
Result<> earliest(ByteView segment, std::int64_t ts_ms, std::optional<std::uint64_t>& best) {
  auto view = hsm::api::parse_segment(segment);
  if (!view) return fail(kStoreBroken, view.error().text());
  for (const auto& entry : view->header.entries) {
    if (entry.ts_ms >= ts_ms && (!best || entry.seq < *best)) best = entry.seq;
  }
  return {};
}

Result<> take_overlapping(const Block& block, std::uint64_t first_seq, std::uint64_t last_seq,
                          std::vector<Found>& found) {
  auto segments = split_block(block.segments);
  if (!segments) return std::unexpected(std::move(segments).error());
  for (const ByteView segment : *segments) {
    auto mark = mark_segment(segment);
    if (!mark) return fail(kStoreBroken, mark.error().text());
    if (mark->last_seq >= first_seq && mark->first_seq <= last_seq) {
      found.push_back({mark->first_seq, {segment.begin(), segment.end()}});
    }
  }
  return {};
}

}  // namespace

Result<LogSlice> ReadTables::log(const RoomKey& room, std::uint64_t first_seq,
                                 std::uint64_t last_seq) {
  const auto tail = tail_->segments(room, first_seq, last_seq);
  std::vector<Found> found;
  std::uint64_t drained = 0;
  Result<> taken;
  blocks_covering_.bind(room.tenant, room.room, first_seq, last_seq);
  const auto outcome = blocks_covering_.rows([&] {
    if (!taken) return;
    const Block block = read_block(blocks_covering_);
    drained = block.last_seq;
    taken = take_overlapping(block, first_seq, last_seq, found);
  });
  if (!outcome) return std::unexpected(store_error(outcome.error()));
  CONCLAVE_TRY(taken);
  for (const auto& segment : tail) {
    if (segment.piece_first_seq <= drained) continue;
    const ByteView bytes = segment.bytes();
    found.push_back({segment.mark().first_seq, {bytes.begin(), bytes.end()}});
  }
  std::ranges::sort(found, {}, &Found::first_seq);
  LogSlice slice;
  slice.segments.reserve(found.size());
  for (auto& item : found) slice.segments.push_back(std::move(item.bytes));
  return slice;
}

Result<std::optional<Block>> ReadTables::block_before(const RoomKey& room, std::uint64_t seq) {
  std::optional<Block> block;
  block_before_.bind(room.tenant, room.room, seq);
  const auto outcome = block_before_.rows([&] {
    block.emplace();
    block->id = block_before_.i64(0);
    block->first_seq = block_before_.u64(1);
    block->last_seq = block_before_.u64(2);
    block->first_ts_ms = block_before_.i64(3);
  });
  if (!outcome) return std::unexpected(store_error(outcome.error()));
  return block;
}

// Times rise with seqs within a room, so the seqs can be bisected without an index on times.
Result<std::optional<Block>> ReadTables::last_block_older(const RoomKey& room, std::int64_t ts_ms) {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  block_ends_.bind(room.tenant, room.room);
  const auto outcome = block_ends_.rows([&] {
    low = block_ends_.u64(0);
    high = block_ends_.u64(1);
  });
  if (!outcome) return std::unexpected(store_error(outcome.error()));
  std::optional<Block> older;
  while (low <= high && high > 0) {
    auto block = block_before(room, low + (high - low) / 2);
    if (!block) return std::unexpected(std::move(block).error());
    if (!*block) break;
    if ((*block)->first_ts_ms < ts_ms) {
      older = **block;
      low = (*block)->last_seq + 1;
    } else {
      high = (*block)->first_seq - 1;
    }
  }
  return older;
}

Result<std::optional<std::uint64_t>> ReadTables::seq_at(const RoomKey& room, std::int64_t ts_ms) {
  const auto tail = tail_->segments(room, 1, ~std::uint64_t{0});
  auto older = last_block_older(room, ts_ms);
  if (!older) return std::unexpected(std::move(older).error());
  std::optional<std::uint64_t> best;
  if (*older) {
    segments_of_.bind((*older)->id);
    Result<> parsed;
    const auto outcome = segments_of_.rows([&] {
      auto segments = split_block(segments_of_.blob(0));
      parsed = segments ? Result<>() : std::unexpected(segments.error());
      for (std::size_t i = 0; parsed && i < segments->size(); ++i) {
        parsed = earliest((*segments)[i], ts_ms, best);
      }
    });
    if (!outcome) return std::unexpected(store_error(outcome.error()));
    CONCLAVE_TRY(parsed);
  }
  if (best) return best;
  // The next block begins with an entry that is not older.
  std::uint64_t next = 0;
  block_ends_.bind(room.tenant, room.room);
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const auto outcome = block_ends_.rows([&] {
    first = block_ends_.u64(0);
    last = block_ends_.u64(1);
  });
  if (!outcome) return std::unexpected(store_error(outcome.error()));
  if (first > 0 && !*older) next = first;
  if (*older && last > (*older)->first_seq) next = (*older)->last_seq + 1;
  if (next > 0) return next;
  for (const auto& segment : tail) CONCLAVE_TRY(earliest(segment.bytes(), ts_ms, best));
  return best;
}

}  // namespace conclave::store
