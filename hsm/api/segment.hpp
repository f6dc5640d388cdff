#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"

// The sealed segment (keys contract, K3): what one author wrote to one room in one commit.
//
//   "CVS1" | tenant 8 | room 8 | author 8 | ck 16 | segment id 16 | codec u8 | n u16
//   | n x (seq u64, n u64, ts i64, kind u8, target u64, len u32) | nonce 12 | ciphertext | tag 16
//
// Integers are big-endian. All before the nonce is additional authenticated data. The plaintext is
// the bodies of the entries, one after the other.
namespace conclave::hsm::api {

using KeyId = std::array<std::uint8_t, 16>;
using SegmentId = std::array<std::uint8_t, 16>;

inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;
inline constexpr std::size_t kMaxSegmentPlaintext = 256 * 1024;
inline constexpr std::size_t kMaxSegmentEntries = 256;

// What stands in the clear about one entry of a room's log.
struct EntryHeader {
  std::uint64_t seq = 0;     // position in the room, gapless from 1
  std::uint64_t n = 0;       // messages of the room up to and including this entry
  std::int64_t ts_ms = 0;    // UTC
  std::uint8_t kind = 0;     // chat::EntryKind
  std::uint64_t target = 0;  // seq that this entry is about (edit, reaction, thread root), or 0
  std::uint32_t length = 0;  // bytes of the body

  friend bool operator==(const EntryHeader&, const EntryHeader&) = default;
};

struct SegmentHeader {
  TenantId tenant;
  RoomId room;
  UserId author;
  KeyId content_key{};
  SegmentId segment{};
  std::uint8_t codec = 0;  // 0: bodies as they are
  std::vector<EntryHeader> entries;

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

// Encodes all that precedes the nonce.
[[nodiscard]] Bytes encode_header(const SegmentHeader& header);

// A parsed segment; views point into the source.
struct SegmentView {
  SegmentHeader header;
  ByteView header_bytes;  // the additional authenticated data
  ByteView nonce;
  ByteView sealed;  // ciphertext and tag
};

// Checks form, limits and that the entries' lengths add up to the ciphertext's.
[[nodiscard]] Result<SegmentView> parse_segment(ByteView segment);

// What keyd checks of a header before it seals under it.
struct SealHeader {
  TenantId tenant;
  RoomId room;
  UserId author;
  KeyId content_key{};
  std::size_t plaintext = 0;  // sum of the entries' lengths
};

// Checks the form of encode_header()'s result. Allocates nothing.
[[nodiscard]] Result<SealHeader> parse_seal_header(ByteView header);

}  // namespace conclave::hsm::api
