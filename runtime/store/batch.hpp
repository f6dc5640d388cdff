#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/store/writes.hpp"

namespace conclave::store {

struct RoomKey {
  TenantId tenant;
  RoomId room;
  friend auto operator<=>(const RoomKey&, const RoomKey&) = default;
};

struct RoomKeyHash {
  std::size_t operator()(const RoomKey& key) const noexcept {
    return static_cast<std::size_t>((key.tenant.value * 31 + key.room.value) *
                                    0x9e3779b97f4a7c15ULL);
  }
};

// What the store knows of one sealed segment: a summary of its header. The seqs between first and
// last may belong to other authors' segments of the same commit.
struct SegmentMark {
  RoomKey room;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::int64_t first_ts_ms = 0;
  std::uint32_t entries = 0;
};

// The part of one commit that belongs to one room: a gapless range of seqs.
struct Piece {
  RoomKey room;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::int64_t first_ts_ms = 0;
};

// A JournalCommit with what drain and reads need to know of it. Immutable once shared.
struct Batch {
  JournalCommit commit;
  std::vector<SegmentMark> marks;  // one a segment, in the same order
  std::vector<Piece> pieces;       // by room
  std::size_t entries = 0;
};

// Shared by the writer, the tail index that readers see, and reads under way.
using BatchPtr = std::shared_ptr<const Batch>;

[[nodiscard]] Result<SegmentMark> mark_segment(ByteView segment);
// All seqs of a segment, ascending.
[[nodiscard]] Result<std::vector<std::uint64_t>> segment_seqs(ByteView segment);
// kCommitRejected when a segment is malformed, or when a room's seqs have a gap or a repeat, or
// when its head is missing or is not its last seq.
[[nodiscard]] Result<BatchPtr> make_batch(JournalCommit commit);

}  // namespace conclave::store
