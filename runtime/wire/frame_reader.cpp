#include "runtime/wire/frame_reader.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/base/encoding.hpp"
#include "runtime/wire/types.hpp"

namespace conclave::wire {
namespace {

constexpr auto kProtocolError = std::uint16_t(CloseCode::protocol_error);
constexpr auto kInvalidPayload = std::uint16_t(CloseCode::invalid_payload);
constexpr std::uint16_t kNoCode = 1005;  // RFC 6455 section 7.4.1

std::uint8_t byte_of(char c) {
  return static_cast<std::uint8_t>(c);
}

// How many bytes of a head follow its second one.
std::size_t rest_of_head(std::uint8_t second) {
  const std::uint8_t length = second & 0x7f;
  return (length == 126 ? 2U : length == 127 ? 8U : 0U) + ((second & 0x80) != 0 ? 4U : 0U);
}

// RFC 6455 section 7.4 and IANA's registry: what an endpoint may send.
bool is_sendable(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

bool Utf8Check::lead(std::uint8_t byte) {
  if (byte < 0xc2 || byte > 0xf4) return false;
  missing_ = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
  // The second byte carries the limits against overlong forms, surrogates and > U+10FFFF.
  low_ = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  high_ = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
  return true;
}

bool Utf8Check::feed(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (missing_ == 0) {
      // Eight at a time while all are ASCII.
      for (std::uint64_t word = 0; bytes.size() - i >= sizeof word; i += sizeof word) {
        std::memcpy(&word, bytes.data() + i, sizeof word);
        if ((word & 0x8080808080808080U) != 0) break;
      }
      if (i == bytes.size()) break;
    }
    const std::uint8_t byte = byte_of(bytes[i++]);
    if (missing_ == 0) {
      if (byte >= 0x80 && !lead(byte)) return false;
      continue;
    }
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xbf;
    --missing_;
  }
  return true;
}

std::uint16_t FrameReader::accept_head() {
  const std::uint8_t first = byte_of(head_[0]);
  const std::uint8_t second = byte_of(head_[1]);
  constexpr std::uint8_t kReserved = 0x70;
  constexpr std::uint8_t kBinary = 2;
  if ((first & kReserved) != 0 || (second & 0x80) == 0) return kProtocolError;
  const std::uint8_t opcode = first & 0x0f;
  final_ = (first & 0x80) != 0;
  std::size_t at = 2;
  left_ = second & 0x7f;
  if (left_ >= 126) {
    const std::size_t width = left_ == 126 ? 2 : 8;
    const std::uint64_t least = left_ == 126 ? 126 : 0x10000;
    left_ = 0;
    for (std::size_t i = 0; i < width; ++i) left_ = left_ << 8U | byte_of(head_[at++]);
    if (left_ < least) return kProtocolError;  // the shortest form is the only one
  }
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(at), mask_.size(), mask_.begin());
  mask_at_ = 0;
  switch (opcode) {
    case std::uint8_t(Opcode::close):
    case std::uint8_t(Opcode::ping):
    case std::uint8_t(Opcode::pong):
      if (!final_ || left_ > kControlMax) return kProtocolError;
      break;
    case std::uint8_t(Opcode::continuation):
      if (!in_message_) return kProtocolError;
      break;
    case std::uint8_t(Opcode::text):
    case kBinary:
      if (in_message_) return kProtocolError;
      if (opcode == kBinary) return std::uint16_t(CloseCode::unsupported_data);
      break;
    default:
      return kProtocolError;
  }
  opcode_ = Opcode{opcode};
  const bool too_big = left_ > message_max_ || message_.size() + left_ > message_max_;
  return !is_control() && too_big ? std::uint16_t(CloseCode::too_big) : 0;
}

bool FrameReader::take_head(std::span<char>& bytes, std::uint16_t& code) {
  constexpr std::size_t kFirst = 2;
  while (true) {
    const std::size_t wanted =
        head_size_ < kFirst ? kFirst : kFirst + rest_of_head(byte_of(head_[1]));
    if (head_size_ == wanted) break;
    if (bytes.empty()) return false;
    const std::size_t taken = std::min(wanted - head_size_, bytes.size());
    std::copy_n(bytes.begin(), taken, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
    head_size_ += taken;
    bytes = bytes.subspan(taken);
  }
  head_size_ = 0;
  code = accept_head();
  return true;
}

void FrameReader::unmask(std::span<char> part) {
  std::array<char, 8> key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = mask_[(mask_at_ + i) % mask_.size()];
  std::uint64_t wide = 0;
  std::memcpy(&wide, key.data(), sizeof wide);
  std::size_t i = 0;
  for (; part.size() - i >= sizeof wide; i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, part.data() + i, sizeof word);
    word ^= wide;
    std::memcpy(part.data() + i, &word, sizeof word);
  }
  for (std::size_t k = 0; i < part.size(); ++i, ++k) {
    part[i] = static_cast<char>(byte_of(part[i]) ^ byte_of(key[k]));
  }
  mask_at_ = (mask_at_ + part.size()) % mask_.size();
}

FrameReader::Event FrameReader::closing(std::string_view payload) {
  if (payload.empty()) return {Kind::close, {}, kNoCode};
  if (payload.size() < 2) return {Kind::failed, {}, kProtocolError};
  const unsigned code = static_cast<unsigned>(byte_of(payload[0])) << 8U | byte_of(payload[1]);
  payload.remove_prefix(2);
  if (!is_sendable(code)) return {Kind::failed, {}, kProtocolError};
  if (!base::is_utf8(payload)) return {Kind::failed, {}, kInvalidPayload};
  return {Kind::close, payload, static_cast<std::uint16_t>(code)};
}

FrameReader::Event FrameReader::control_part(std::span<char> part) {
  std::string_view payload(part.data(), part.size());
  if (!control_.empty() || left_ > 0) {
    control_.append(payload);
    payload = control_;
  }
  if (left_ > 0) return {};
  in_payload_ = false;
  delivered_ = !control_.empty();
  switch (opcode_) {
    case Opcode::ping:
      return {Kind::ping, payload, 0};
    case Opcode::pong:
      return {Kind::pong, payload, 0};
    default:
      return closing(payload);
  }
}

FrameReader::Event FrameReader::data_part(std::span<char> part) {
  std::string_view text(part.data(), part.size());
  if (!utf8_.feed(text)) return {Kind::failed, {}, kInvalidPayload};
  const bool ends = left_ == 0 && final_;
  if (in_message_ || !ends || !message_.empty()) {
    message_.append(text);
    text = message_;
  }
  if (left_ > 0) return {};
  in_payload_ = false;
  in_message_ = !final_;
  if (!final_) return {};
  if (!utf8_.complete()) return {Kind::failed, {}, kInvalidPayload};
  delivered_ = !message_.empty();
  return {Kind::text, text, 0};
}

FrameReader::Event FrameReader::next(std::span<char>& bytes) {
  if (std::exchange(delivered_, false)) {
    // Which of the two was handed out: a control frame may come between fragments.
    std::string& used = is_control() ? control_ : message_;
    std::string().swap(used);
  }
  while (true) {
    if (!in_payload_) {
      std::uint16_t code = 0;
      if (!take_head(bytes, code)) return {};
      if (code != 0) return {Kind::failed, {}, code};
      in_payload_ = true;
    }
    if (bytes.empty() && left_ > 0) return {};
    const std::span<char> part = bytes.first(std::min<std::uint64_t>(left_, bytes.size()));
    bytes = bytes.subspan(part.size());
    left_ -= part.size();
    unmask(part);
    const Event event = is_control() ? control_part(part) : data_part(part);
    if (event.kind != Kind::more) return event;
    if (in_payload_ && bytes.empty()) return {};
  }
}

}  // namespace conclave::wire
