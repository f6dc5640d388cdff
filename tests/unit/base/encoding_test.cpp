#include "runtime/base/encoding.hpp"

#include <gtest/gtest.h>

namespace conclave::base {
namespace {

TEST(Encoding, base64url_has_the_vectors_of_rfc_4648) {
  EXPECT_EQ(base64url_encode(as_bytes("")), "");
  EXPECT_EQ(base64url_encode(as_bytes("f")), "Zg");
  EXPECT_EQ(base64url_encode(as_bytes("fo")), "Zm8");
  EXPECT_EQ(base64url_encode(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode(Bytes{0xfb, 0xff}), "-_8");
}

TEST(Encoding, base64url_round_trips_every_length) {
  for (std::size_t length = 0; length < 70; ++length) {
    Bytes bytes(length);
    for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + length);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
}

TEST(Encoding, base64url_refuses_second_spellings) {
  EXPECT_FALSE(base64url_decode("Zh"));  // stray bits
  EXPECT_FALSE(base64url_decode("Zg=="));
  EXPECT_FALSE(base64url_decode("Z"));
  EXPECT_FALSE(base64url_decode("Z g"));
}

TEST(Encoding, hex_round_trips_and_is_strict) {
  EXPECT_EQ(hex_encode(Bytes{0, 0xab, 0xff}), "00abff");
  EXPECT_EQ(hex_decode("00abff"), (Bytes{0, 0xab, 0xff}));
  EXPECT_FALSE(hex_decode("0"));
  EXPECT_FALSE(hex_decode("0g"));
  EXPECT_FALSE(hex_decode("AB"));
}

TEST(Encoding, base32_covers_the_whole_range) {
  for (const std::uint64_t value : {0ULL, 1ULL, 31ULL, 32ULL, ~0ULL, 0x0123456789abcdefULL}) {
    EXPECT_EQ(base32_u64_decode(base32_u64(value)), value);
  }
  EXPECT_FALSE(base32_u64_decode("zzzzzzzzzzzzz"));  // 65 bits
  EXPECT_FALSE(base32_u64_decode("i000000000000"));
  EXPECT_FALSE(base32_u64_decode("00"));
}

TEST(Encoding, utf8_refuses_what_the_standard_refuses) {
  EXPECT_TRUE(is_utf8("plain, \xc3\xa9, \xe4\xb8\xad, \xf0\x9f\x98\x80"));
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc1\x81", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xe4\xb8", "\xf0\x8f\xbf\xbf", "\xc3("}) {
    EXPECT_FALSE(is_utf8(bad)) << hex_encode(as_bytes(bad));
  }
}

}  // namespace
}  // namespace conclave::base
