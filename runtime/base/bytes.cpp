#include "runtime/base/bytes.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace conclave::base {
namespace {

static_assert(std::endian::native == std::endian::little);

// At once, not byte by byte: headers of segments are most of what a message costs to write.
template <class Integer>
void append_integer(Bytes& out, Integer value) {
  std::array<std::uint8_t, sizeof value> bytes;
  const Integer swapped = std::byteswap(value);
  std::memcpy(bytes.data(), &swapped, sizeof swapped);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

ByteWriter& ByteWriter::u8(std::uint8_t value) {
  out_.push_back(value);
  return *this;
}

ByteWriter& ByteWriter::u16(std::uint16_t value) {
  append_integer(out_, value);
  return *this;
}

ByteWriter& ByteWriter::u32(std::uint32_t value) {
  append_integer(out_, value);
  return *this;
}

ByteWriter& ByteWriter::u64(std::uint64_t value) {
  append_integer(out_, value);
  return *this;
}

ByteWriter& ByteWriter::raw(ByteView bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  return *this;
}

ByteWriter& ByteWriter::run(ByteView bytes) {
  return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
}

std::uint64_t ByteReader::integer(std::size_t width) {
  const ByteView bytes = raw(width);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = (value << 8) | byte;
  return value;
}

std::uint8_t ByteReader::u8() {
  return static_cast<std::uint8_t>(integer(1));
}
std::uint16_t ByteReader::u16() {
  return static_cast<std::uint16_t>(integer(2));
}
std::uint32_t ByteReader::u32() {
  return static_cast<std::uint32_t>(integer(4));
}
std::uint64_t ByteReader::u64() {
  const ByteView bytes = raw(sizeof(std::uint64_t));
  if (bytes.empty()) return 0;
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return std::byteswap(value);
}

ByteView ByteReader::raw(std::size_t length) {
  if (!ok_ || length > rest_.size()) {
    ok_ = false;
    return {};
  }
  const ByteView out = rest_.first(length);
  rest_ = rest_.subspan(length);
  return out;
}

ByteView ByteReader::run(std::size_t limit) {
  const std::uint32_t length = u32();
  if (length > limit) ok_ = false;
  return raw(length);
}

}  // namespace conclave::base
