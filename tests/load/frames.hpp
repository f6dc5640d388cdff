#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// The frames of the hot path, built once and patched in place; answers and events are read where
// they lie.
namespace conclave::load {

// message.send with a body of 128 bytes. Request id and client_id are the same ten-digit number.
class MessageFrame {
 public:
  explicit MessageFrame(std::string_view room);

  // `stamp` is written into the text and comes back with the event; any number.
  [[nodiscard]] std::string_view next(std::uint64_t stamp);

 private:
  std::uint64_t number_;
  std::string frame_;
  std::size_t id_at_ = 0;
  std::size_t client_id_at_ = 0;
  std::size_t text_at_ = 0;
};

[[nodiscard]] std::string request(std::uint64_t id, std::string_view method,
                                  std::string_view params);

[[nodiscard]] bool is_answer(std::string_view frame);
[[nodiscard]] bool is_error(std::string_view answer);
[[nodiscard]] std::uint64_t answer_id(std::string_view answer);

// First and last seq of a room.entries event; {0, 0} for any other frame.
struct SeqRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  [[nodiscard]] std::uint64_t count() const { return first == 0 ? 0 : last - first + 1; }
};
[[nodiscard]] SeqRange entries_of(std::string_view event);

// The stamps of the messages in an event, in order: call with `at` = 0, then again until it is
// std::string_view::npos.
[[nodiscard]] std::uint64_t next_stamp(std::string_view event, std::size_t& at);

}  // namespace conclave::load
