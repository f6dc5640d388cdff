#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/store/batch.hpp"

namespace conclave::store {

// A segment of a batch, kept alive by it.
struct TailSegment {
  BatchPtr batch;
  std::size_t index = 0;
  std::uint64_t piece_first_seq = 0;  // of the piece that it belongs to

  [[nodiscard]] const SegmentMark& mark() const { return batch->marks[index]; }
  [[nodiscard]] ByteView bytes() const { return batch->commit.segments[index]; }
};

// The journal in memory: the commits that are not drained into blocks yet, and where each room's
// newest entries are in them. A value; copies share the batches. Not thread-safe.
class Tail {
 public:
  void append(std::uint64_t commit_no, BatchPtr batch);
  // The new batch covers the same seqs of the same rooms.
  void replace(std::uint64_t commit_no, BatchPtr batch);
  // Only the oldest commit.
  void remove(std::uint64_t commit_no);

  [[nodiscard]] const std::map<std::uint64_t, BatchPtr>& batches() const { return batches_; }
  [[nodiscard]] std::size_t entries() const { return entries_; }
  [[nodiscard]] std::optional<std::uint64_t> last_seq(const RoomKey& room) const;

  struct RoomPiece {
    std::uint64_t commit_no = 0;
    std::uint64_t first_seq = 0;
    std::uint64_t last_seq = 0;
    std::int64_t first_ts_ms = 0;
  };
  // Pieces of the room that overlap [first_seq, last_seq], oldest first.
  [[nodiscard]] std::vector<RoomPiece> pieces(const RoomKey& room, std::uint64_t first_seq,
                                              std::uint64_t last_seq) const;
  // The same pieces' segments that overlap the range.
  [[nodiscard]] std::vector<TailSegment> segments(const RoomKey& room, std::uint64_t first_seq,
                                                  std::uint64_t last_seq) const;

 private:
  std::map<std::uint64_t, BatchPtr> batches_;                               // by commit number
  std::unordered_map<RoomKey, std::vector<RoomPiece>, RoomKeyHash> rooms_;  // oldest first
  std::size_t entries_ = 0;
};

}  // namespace conclave::store
