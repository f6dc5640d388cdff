#include "hsm/api/segment.hpp"

#include <algorithm>

#include "runtime/base/assert.hpp"

namespace conclave::hsm::api {
namespace {

constexpr std::string_view kMagic = "CVS1";
constexpr std::size_t kFixedSize = 4 + 8 + 8 + 8 + 16 + 16 + 1 + 2;
constexpr std::size_t kEntrySize = 8 + 8 + 8 + 1 + 8 + 4;

EntryHeader read_entry(base::ByteReader& in) {
  EntryHeader entry;
  entry.seq = in.u64();
  entry.n = in.u64();
  entry.ts_ms = in.i64();
  entry.kind = in.u8();
  entry.target = in.u64();
  entry.length = in.u32();
  return entry;
}

void read_id(base::ByteReader& in, std::array<std::uint8_t, 16>& out) {
  const auto bytes = in.raw(out.size());
  std::ranges::copy(bytes, out.begin());
}

// Reads all before the nonce; the bodies' total length is returned through `plaintext`.
Result<SegmentHeader> read_header(base::ByteReader& in, std::size_t& plaintext) {
  const auto magic = in.raw(kMagic.size());
  if (!std::ranges::equal(magic, base::as_bytes(kMagic))) {
    return fail(base::kMalformed, "segment: magic");
  }
  SegmentHeader header;
  header.tenant.value = in.u64();
  header.room.value = in.u64();
  header.author.value = in.u64();
  read_id(in, header.content_key);
  read_id(in, header.segment);
  header.codec = in.u8();
  const std::size_t count = in.u16();
  if (!in.ok() || count == 0 || count > kMaxSegmentEntries || in.remaining() < count * kEntrySize) {
    return fail(base::kMalformed, "segment: entries");
  }
  header.entries.reserve(count);
  plaintext = 0;
  for (std::size_t i = 0; i < count; ++i) {
    header.entries.push_back(read_entry(in));
    plaintext += header.entries.back().length;
  }
  if (header.codec != 0) return fail(base::kMalformed, "segment: codec");
  if (plaintext > kMaxSegmentPlaintext) return fail(base::kMalformed, "segment: too long");
  return header;
}

}  // namespace

Bytes encode_header(const SegmentHeader& header) {
  CONCLAVE_ASSERT(!header.entries.empty() && header.entries.size() <= kMaxSegmentEntries);
  base::ByteWriter out(kFixedSize + header.entries.size() * kEntrySize);
  out.raw(kMagic).u64(header.tenant.value).u64(header.room.value).u64(header.author.value);
  out.raw(header.content_key).raw(header.segment).u8(header.codec);
  out.u16(static_cast<std::uint16_t>(header.entries.size()));
  for (const auto& entry : header.entries) {
    out.u64(entry.seq).u64(entry.n).i64(entry.ts_ms).u8(entry.kind);
    out.u64(entry.target).u32(entry.length);
  }
  return out.take();
}

Result<SegmentView> parse_segment(ByteView segment) {
  base::ByteReader in(segment);
  std::size_t plaintext = 0;
  auto header = read_header(in, plaintext);
  if (!header) return std::unexpected(std::move(header).error());
  SegmentView view;
  view.header_bytes = segment.first(segment.size() - in.remaining());
  view.nonce = in.raw(kNonceSize);
  view.sealed = in.raw(plaintext + kTagSize);
  if (!in.done()) return fail(base::kMalformed, "segment: length");
  view.header = std::move(*header);
  return view;
}

Result<SealHeader> parse_seal_header(ByteView header) {
  // Only what keyd compares; no allocation, since this runs once a segment on the token's thread.
  base::ByteReader in(header);
  const auto magic = in.raw(kMagic.size());
  SealHeader out;
  out.tenant.value = in.u64();
  out.room.value = in.u64();
  out.author.value = in.u64();
  read_id(in, out.content_key);
  in.raw(sizeof(SegmentId));
  const auto codec = in.u8();
  const std::size_t count = in.u16();
  if (!in.ok() || !std::ranges::equal(magic, base::as_bytes(kMagic)) || codec != 0 || count == 0 ||
      count > kMaxSegmentEntries || in.remaining() != count * kEntrySize) {
    return fail(base::kMalformed, "segment header");
  }
  for (std::size_t i = 0; i < count; ++i) out.plaintext += read_entry(in).length;
  if (out.plaintext > kMaxSegmentPlaintext) return fail(base::kMalformed, "segment: too long");
  return out;
}

}  // namespace conclave::hsm::api
