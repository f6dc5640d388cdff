#include "runtime/base/bytes.hpp"

namespace conclave::base {

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
  out_.push_back(static_cast<std::uint8_t>(value >> 8));
  out_.push_back(static_cast<std::uint8_t>(value));
  return *this;
}

ByteWriter& ByteWriter::u32(std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out_.push_back(static_cast<std::uint8_t>(value >> shift));
  return *this;
}

ByteWriter& ByteWriter::u64(std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out_.push_back(static_cast<std::uint8_t>(value >> shift));
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
  return integer(8);
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
