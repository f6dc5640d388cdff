#include "runtime/wire/frame_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/wire/raw_client.hpp"

namespace conclave::wire::test {
namespace {

using Kind = FrameReader::Kind;

// What a reader makes of `bytes` when they come in pieces of `step`.
std::vector<std::string> read_in_pieces(std::string bytes, std::size_t step) {
  FrameReader reader(1000);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::span<char> piece(bytes.data() + at, std::min(step, bytes.size() - at));
    while (true) {
      const auto event = reader.next(piece);
      if (event.kind == Kind::more) break;
      out.push_back(std::to_string(int(event.kind)) + " " + std::to_string(event.code) + " " +
                    std::string(event.payload));
      if (event.kind == Kind::failed) return out;
    }
    EXPECT_TRUE(piece.empty());
  }
  return out;
}

std::string conversation() {
  return text_frame("one") + Frame{.fin = false, .payload = "a\xe2\x82"}.encoded() +
         Frame{.opcode = 9, .payload = "ping"}.encoded() +
         Frame{.fin = false, .opcode = 0, .payload = ""}.encoded() +
         Frame{.opcode = 10, .payload = ""}.encoded() +
         Frame{.opcode = 0, .payload = "\xac z"}.encoded() + text_frame("") +
         text_frame(std::string(300, 'x')) +
         Frame{.opcode = 8, .payload = std::string("\x03\xe8", 2) + "bye"}.encoded();
}

TEST(FrameReader, reads_the_same_in_whatever_pieces_the_bytes_come) {
  const auto whole = read_in_pieces(conversation(), conversation().size());
  ASSERT_EQ(whole.size(), 7U);
  EXPECT_EQ(whole[2], std::to_string(int(Kind::pong)) + " 0 ");
  EXPECT_EQ(whole[3], std::to_string(int(Kind::text)) + " 0 a\xe2\x82\xac z");
  EXPECT_EQ(whole[6], std::to_string(int(Kind::close)) + " 1000 bye");
  for (std::size_t step = 1; step < 40; ++step) {
    EXPECT_EQ(read_in_pieces(conversation(), step), whole) << step;
  }
}

TEST(FrameReader, fails_the_same_in_whatever_pieces_the_bytes_come) {
  for (const std::string& wrong :
       {text_frame("ok") + text_frame("\xc0\xaf"), text_frame(std::string(1001, 'x')),
        Frame{.opcode = 8, .payload = "\x03\xed"}.encoded(),
        text_frame("ok") + Frame{.opcode = 0, .payload = "x"}.encoded()}) {
    const auto whole = read_in_pieces(wrong, wrong.size());
    ASSERT_FALSE(whole.empty());
    EXPECT_TRUE(whole.back().starts_with(std::to_string(int(Kind::failed)))) << whole.back();
    EXPECT_EQ(read_in_pieces(wrong, 1), whole);
  }
}

TEST(FrameReader, refuses_a_length_that_is_not_in_its_shortest_form) {
  // 5 bytes, written with 16 bits of length.
  const std::string bytes("\x81\xfe\x00\x05\x00\x00\x00\x00hello", 13);
  EXPECT_EQ(read_in_pieces(bytes, 13), std::vector<std::string>{"5 1002 "});
}

TEST(FrameReader, refuses_invalid_text_before_the_message_has_ended) {
  const std::string begun = Frame{.fin = false, .payload = "\xff"}.encoded();
  EXPECT_EQ(read_in_pieces(begun, begun.size()), std::vector<std::string>{"5 1007 "});
}

TEST(Utf8Check, knows_the_limits_of_each_form) {
  for (const std::string good : {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    Utf8Check check;
    EXPECT_TRUE(check.feed("12345678" + good + "12345678") && check.complete());
  }
  for (const std::string bad : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf",
                                "\xf4\x90\x80\x80", "\xf5\x80", "\xc2\x41"}) {
    Utf8Check check;
    EXPECT_FALSE(check.feed("12345678" + bad));
  }
}

}  // namespace
}  // namespace conclave::wire::test
