#include "runtime/network/address.hpp"

#include <gtest/gtest.h>

namespace conclave::network {
namespace {

Address address(std::string_view text) {
  const auto parsed = Address::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Address());
}

Prefix prefix(std::string_view text) {
  const auto parsed = Prefix::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Prefix());
}

TEST(Address, has_one_text_for_each_value) {
  EXPECT_EQ(address("192.0.2.1").text(), "192.0.2.1");
  EXPECT_EQ(address("::ffff:192.0.2.1").text(), "192.0.2.1");
  EXPECT_EQ(address("2001:DB8:0::1").text(), "2001:db8::1");
  EXPECT_EQ(address("::ffff:192.0.2.1"), address("192.0.2.1"));
}

TEST(Address, refuses_what_is_none) {
  for (const char* text : {"", " 1.2.3.4", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1",
                           "1.2.3.4 ", "[::1]", "fe80::1%eth0", "::g", "1.2.3.4:80", "localhost",
                           "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
  EXPECT_FALSE(Address::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(Address, knows_ipv4_bits_and_neighbours) {
  EXPECT_EQ(address("1.2.3.4").v4_bits(), 0x01020304U);
  EXPECT_EQ(Address::v4(0xc0000201), address("192.0.2.1"));
  EXPECT_EQ(address("1.2.3.255").next(), address("1.2.4.0"));
  EXPECT_LT(address("1.2.3.4"), address("1.2.3.5"));
}

TEST(Address, knows_what_is_not_on_the_internet) {
  for (const char* text : {"10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "100.127.255.255",
                           "127.0.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1", "0.0.0.0"}) {
    EXPECT_TRUE(address(text).is_internal()) << text;
  }
  for (const char* text : {"172.32.0.1", "100.128.0.1", "100.63.255.255", "8.8.8.8", "2001:db8::1",
                           "192.169.0.1", "11.0.0.0"}) {
    EXPECT_FALSE(address(text).is_internal()) << text;
  }
  EXPECT_TRUE(address("127.9.9.9").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("128.0.0.1").is_loopback());
}

TEST(Prefix, clears_or_refuses_bits_beyond_its_length) {
  EXPECT_EQ(prefix("192.0.2.77/24").text(), "192.0.2.0/24");
  EXPECT_FALSE(Prefix::parse("192.0.2.77/24", true));
  EXPECT_TRUE(Prefix::parse("192.0.2.0/24", true));
  EXPECT_EQ(prefix("2001:db8::1/29").text(), "2001:db8::/29");
}

TEST(Prefix, a_single_address_is_a_prefix) {
  EXPECT_EQ(prefix("192.0.2.1").text(), "192.0.2.1/32");
  EXPECT_EQ(prefix("::1").text(), "::1/128");
}

TEST(Prefix, contains_exactly_its_addresses) {
  const Prefix block = prefix("10.20.0.0/15");
  EXPECT_TRUE(block.contains(address("10.20.0.0")));
  EXPECT_TRUE(block.contains(address("10.21.255.255")));
  EXPECT_FALSE(block.contains(address("10.19.255.255")));
  EXPECT_FALSE(block.contains(address("10.22.0.0")));
  EXPECT_EQ(block.last(), address("10.21.255.255"));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(address("255.1.2.3")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(address("2001:db8::1")));
}

TEST(Prefix, refuses_wrong_lengths) {
  for (const char* text : {"1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/08", "::/129", "/8",
                           "1.2.3.4/8/8", "1.2.3.4/1x"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

}  // namespace
}  // namespace conclave::network
