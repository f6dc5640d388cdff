#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace conclave::wire {

// Checks UTF-8 (RFC 3629) in pieces: a character may be split between two of them.
class Utf8Check {
 public:
  // False as soon as what was fed cannot be the beginning of valid text.
  [[nodiscard]] bool feed(std::string_view bytes);
  // No character is open.
  [[nodiscard]] bool complete() const { return missing_ == 0; }
  void reset() { missing_ = 0; }

 private:
  bool lead(std::uint8_t byte);

  std::uint8_t missing_ = 0;  // bytes that the open character still needs
  std::uint8_t low_ = 0x80;   // bounds of the next one
  std::uint8_t high_ = 0xbf;
};

// The frames of a client (RFC 6455 section 5), without any I/O: unmasked where they lie, joined
// when they come in fragments or pieces. Holds no memory between two messages.
class FrameReader {
 public:
  enum class Kind { more, text, ping, pong, close, failed };
  struct Event {
    Kind kind = Kind::more;
    std::string_view payload;  // of a close: the reason; dies with the next call
    std::uint16_t code = 0;    // of a close or a failure
  };

  explicit FrameReader(std::size_t message_max) : message_max_(message_max) {}

  // Takes the next message or control frame from the front of `bytes`; `more` when they are used
  // up. After a failure nothing more may be asked.
  [[nodiscard]] Event next(std::span<char>& bytes);

 private:
  enum class Opcode : std::uint8_t { continuation = 0, text = 1, close = 8, ping = 9, pong = 10 };
  static constexpr std::size_t kHeadMax = 14;
  static constexpr std::size_t kControlMax = 125;

  // True once a whole frame head was taken; `code` is set when it is a wrong one.
  [[nodiscard]] bool take_head(std::span<char>& bytes, std::uint16_t& code);
  [[nodiscard]] std::uint16_t accept_head();
  [[nodiscard]] bool is_control() const { return opcode_ >= Opcode::close; }
  void unmask(std::span<char> part);
  [[nodiscard]] Event data_part(std::span<char> part);
  [[nodiscard]] Event control_part(std::span<char> part);
  [[nodiscard]] static Event closing(std::string_view payload);

  std::size_t message_max_;
  std::array<char, kHeadMax> head_{};
  std::size_t head_size_ = 0;
  bool in_payload_ = false;
  bool in_message_ = false;  // fragments of a message have come
  bool delivered_ = false;   // message_ was handed out by the last call
  bool final_ = false;
  Opcode opcode_ = Opcode::text;
  std::array<char, 4> mask_{};
  std::size_t mask_at_ = 0;
  std::uint64_t left_ = 0;  // of the present frame's payload
  std::string message_;
  std::string control_;
  Utf8Check utf8_;
};

}  // namespace conclave::wire
