#include "tests/unit/wire/websocket_fixture.hpp"

namespace conclave::wire::test {
namespace {

struct Rude {
  const char* name;
  std::string bytes;
  unsigned code;
};

class RudeClient : public WebSocketTest, public ::testing::WithParamInterface<Rude> {};

TEST_P(RudeClient, is_told_why_and_the_door_hears_the_same) {
  open({.frame_bytes = 1000});
  client_->write(GetParam().bytes);
  expect_close(GetParam().code);
}

std::string huge_length_header() {
  return std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", 14);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RudeClient,
    ::testing::Values(
        Rude{"binary", Frame{.opcode = 2, .payload = "x"}.encoded(), 1003},
        Rude{"unmasked", Frame{.payload = "x"}.encoded(false), 1002},
        Rude{"rsv1", Frame{.reserved = 4, .payload = "x"}.encoded(), 1002},
        Rude{"rsv2", Frame{.reserved = 2, .payload = "x"}.encoded(), 1002},
        Rude{"rsv3", Frame{.reserved = 1, .payload = "x"}.encoded(), 1002},
        Rude{"reserved_opcode", Frame{.opcode = 3, .payload = "x"}.encoded(), 1002},
        Rude{"reserved_control", Frame{.opcode = 11, .payload = "x"}.encoded(), 1002},
        Rude{"long_ping", Frame{.opcode = 9, .payload = std::string(126, 'x')}.encoded(), 1002},
        Rude{"fragmented_ping", Frame{.fin = false, .opcode = 9, .payload = "x"}.encoded(), 1002},
        Rude{"continuation_of_nothing", Frame{.opcode = 0, .payload = "x"}.encoded(), 1002},
        Rude{"text_inside_fragments",
             Frame{.fin = false, .payload = "x"}.encoded() + text_frame("y"), 1002},
        Rude{"not_utf8", text_frame("\xff\xfe"), 1007},
        Rude{"overlong_utf8", text_frame("\xc0\xaf"), 1007},
        Rude{"surrogate", text_frame("\xed\xa0\x80"), 1007},
        Rude{"cut_character", text_frame("abc\xe2\x82"), 1007},
        Rude{"too_long", text_frame(std::string(1001, 'x')), 1009},
        Rude{"too_long_in_fragments",
             Frame{.fin = false, .payload = std::string(600, 'x')}.encoded() +
                 Frame{.opcode = 0, .payload = std::string(600, 'x')}.encoded(),
             1009},
        Rude{"length_of_64_bits", huge_length_header(), 1009},
        Rude{"close_code_of_one_byte", Frame{.opcode = 8, .payload = "x"}.encoded(), 1002},
        Rude{"close_code_999", Frame{.opcode = 8, .payload = "\x03\xe7"}.encoded(), 1002},
        Rude{"close_code_1005", Frame{.opcode = 8, .payload = "\x03\xed"}.encoded(), 1002}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace conclave::wire::test
