#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Views over the same memory; the caller keeps it alive.
[[nodiscard]] ByteView as_bytes(std::string_view text);
[[nodiscard]] std::string_view as_text(ByteView bytes);
[[nodiscard]] Bytes to_bytes(std::string_view text);

// Appends big-endian integers and length-prefixed runs to a buffer that it owns.
class ByteWriter {
 public:
  ByteWriter() = default;
  explicit ByteWriter(std::size_t reserve) { out_.reserve(reserve); }

  ByteWriter& u8(std::uint8_t value);
  ByteWriter& u16(std::uint16_t value);
  ByteWriter& u32(std::uint32_t value);
  ByteWriter& u64(std::uint64_t value);
  ByteWriter& i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value)); }
  ByteWriter& raw(ByteView bytes);
  ByteWriter& raw(std::string_view text) { return raw(as_bytes(text)); }
  // u32 length, then the bytes.
  ByteWriter& run(ByteView bytes);
  ByteWriter& run(std::string_view text) { return run(as_bytes(text)); }

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] const Bytes& bytes() const { return out_; }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

// Reads what ByteWriter wrote. The first read past the end makes every later read fail as well, so
// a parser may read all fields and ask ok() once. Views point into the source.
class ByteReader {
 public:
  explicit ByteReader(ByteView source) : rest_(source) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  ByteView raw(std::size_t length);
  // u32 length, then the bytes; longer than `limit` fails.
  ByteView run(std::size_t limit);
  std::string_view text(std::size_t limit) { return as_text(run(limit)); }

  [[nodiscard]] bool ok() const { return ok_; }
  // True when everything was read, without an error and without a rest.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

 private:
  std::uint64_t integer(std::size_t width);

  ByteView rest_;
  bool ok_ = true;
};

}  // namespace conclave::base

namespace conclave {
using base::Bytes;
using base::ByteView;
}  // namespace conclave
