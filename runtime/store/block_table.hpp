#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/store/batch.hpp"
#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

inline constexpr std::uint32_t kBlockEntries = 64;
inline constexpr std::size_t kBlockBytes = 64 * 1024;

struct SegmentSource {
  SegmentMark mark;
  ByteView bytes;  // kept alive by the caller
};

// Whole segments of one room that together cover a gapless range of seqs.
struct Block {
  std::int64_t id = 0;  // 0: not stored yet
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::int64_t first_ts_ms = 0;
  std::uint32_t entries = 0;
  Bytes segments;  // blobs.hpp
};

// Cuts segments into blocks of up to kBlockEntries or kBlockBytes, beginning with what `open` has
// room for (entries 0: none). Segments whose seqs interleave stay together, so a block may be
// larger.
[[nodiscard]] std::vector<Block> pack_blocks(Block open, std::vector<SegmentSource> segments);

// The block table. Belongs to the writer's thread; inside its transactions.
class BlockTable {
 public:
  [[nodiscard]] static Result<BlockTable> prepare(sqlite::Database& database);

  [[nodiscard]] Result<std::optional<std::uint64_t>> last_seq(const RoomKey& room);
  // Newer segments of a room; they follow last_seq() without a gap.
  [[nodiscard]] Result<> append(const RoomKey& room, std::vector<SegmentSource> segments);
  // Blocks that overlap [first_seq, last_seq], oldest first.
  [[nodiscard]] Result<std::vector<Block>> covering(const RoomKey& room, std::uint64_t first_seq,
                                                    std::uint64_t last_seq);
  // Puts the segments in the place of those blocks.
  [[nodiscard]] Result<> replace(const RoomKey& room, const std::vector<Block>& old_blocks,
                                 std::vector<SegmentSource> segments);

 private:
  Result<Block> take_open_block(const RoomKey& room, std::size_t new_bytes);
  Result<> put(const RoomKey& room, const Block& block);

  sqlite::Statement last_;
  sqlite::Statement segments_;
  sqlite::Statement covering_;
  sqlite::Statement insert_;
  sqlite::Statement update_;
  sqlite::Statement delete_;
};

// Blocks of a room that overlap [?3, ?4], in order: the newest that begins at or before ?3, and
// those after it. Parameters: tenant, room, first, last. Shared by writer and readers.
inline constexpr std::string_view kBlocksCovering =
    "SELECT id, first_seq, last_seq, first_ts, n, segments FROM block"
    " WHERE tenant=?1 AND room=?2 AND first_seq<=?4 AND last_seq>=?3 AND first_seq>="
    " coalesce((SELECT max(first_seq) FROM block WHERE tenant=?1 AND room=?2 AND first_seq<=?3), 0)"
    " ORDER BY first_seq";
[[nodiscard]] Block read_block(const sqlite::Statement& row);

}  // namespace conclave::store
