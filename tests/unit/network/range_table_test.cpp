#include "runtime/network/range_table.hpp"

#include <gtest/gtest.h>

#include <random>

namespace conclave::network {
namespace {

Address at(std::string_view text) {
  return *Address::parse(text);
}

RangeTable::Range block(std::string_view text, std::uint32_t value) {
  return RangeTable::range_of(*Prefix::parse(text), value);
}

TEST(RangeTable, an_empty_one_holds_nothing) {
  const RangeTable table;
  EXPECT_EQ(table.find(at("1.2.3.4")), RangeTable::kNone);
  EXPECT_EQ(table.find(at("2001:db8::1")), RangeTable::kNone);
}

TEST(RangeTable, the_longest_prefix_wins_in_any_order) {
  const std::vector<RangeTable::Range> ranges{block("10.0.0.0/8", 1), block("10.1.0.0/16", 2),
                                              block("10.1.2.0/24", 3), block("10.1.2.3", 4)};
  std::vector<RangeTable::Range> reversed(ranges.rbegin(), ranges.rend());
  for (const auto& given : {ranges, reversed}) {
    const RangeTable table(given);
    EXPECT_EQ(table.find(at("10.9.9.9")), 1U);
    EXPECT_EQ(table.find(at("10.1.9.9")), 2U);
    EXPECT_EQ(table.find(at("10.1.2.9")), 3U);
    EXPECT_EQ(table.find(at("10.1.2.3")), 4U);
    EXPECT_EQ(table.find(at("10.1.2.4")), 3U);
    EXPECT_EQ(table.find(at("10.1.3.0")), 2U);
    EXPECT_EQ(table.find(at("10.2.0.0")), 1U);
    EXPECT_EQ(table.find(at("9.255.255.255")), RangeTable::kNone);
    EXPECT_EQ(table.find(at("11.0.0.0")), RangeTable::kNone);
  }
}

TEST(RangeTable, ipv6_and_ipv4_do_not_mix) {
  const RangeTable table({block("2001:db8::/32", 1), block("2001:db8:1::/48", 2),
                          block("1.0.0.0/8", 3), block("::/0", 4)});
  EXPECT_EQ(table.find(at("2001:db8:2::1")), 1U);
  EXPECT_EQ(table.find(at("2001:db8:1:ffff::1")), 2U);
  EXPECT_EQ(table.find(at("1.2.3.4")), 3U);
  EXPECT_EQ(table.find(at("2002::1")), 4U);
  EXPECT_EQ(table.find(at("2.0.0.1")), 4U) << "::/0 holds the mapped addresses too";
}

TEST(RangeTable, holds_the_ends_of_the_address_space) {
  const RangeTable table({block("0.0.0.0/1", 1), block("255.255.255.255", 2),
                          block("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 3)});
  EXPECT_EQ(table.find(at("0.0.0.0")), 1U);
  EXPECT_EQ(table.find(at("127.255.255.255")), 1U);
  EXPECT_EQ(table.find(at("128.0.0.0")), RangeTable::kNone);
  EXPECT_EQ(table.find(at("255.255.255.255")), 2U);
  EXPECT_EQ(table.find(at("255.255.255.254")), RangeTable::kNone);
  EXPECT_EQ(table.find(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 3U);
  EXPECT_EQ(table.find(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")), RangeTable::kNone);
}

TEST(RangeTable, ranges_that_cut_each_other_go_to_the_smaller) {
  const RangeTable table(
      {{at("1.0.0.0"), at("1.0.0.99"), 1}, {at("1.0.0.90"), at("1.0.0.109"), 2}});
  EXPECT_EQ(table.find(at("1.0.0.89")), 1U);
  EXPECT_EQ(table.find(at("1.0.0.90")), 2U);
  EXPECT_EQ(table.find(at("1.0.0.109")), 2U);
  EXPECT_EQ(table.find(at("1.0.0.110")), RangeTable::kNone);
}

TEST(RangeTable, of_equal_ranges_the_last_given_counts) {
  EXPECT_EQ(RangeTable({block("1.0.0.0/8", 1), block("1.0.0.0/8", 2)}).find(at("1.1.1.1")), 2U);
}

// Against looking at every range.
TEST(RangeTable, agrees_with_a_plain_search) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<Prefix> prefixes;
    std::vector<RangeTable::Range> ranges;
    for (std::uint32_t i = 0; i < 300; ++i) {
      const auto length = static_cast<std::uint8_t>(96 + 4 + random() % 29);
      const Prefix prefix{
          masked(Address::v4(static_cast<std::uint32_t>(random()) & 0x0f0fffffU), length), length};
      prefixes.push_back(prefix);
      ranges.push_back(RangeTable::range_of(prefix, i));
    }
    const RangeTable table(ranges);
    for (int look = 0; look < 2'000; ++look) {
      const Address address = Address::v4(static_cast<std::uint32_t>(random()) & 0x0f0fffffU);
      std::uint32_t expected = RangeTable::kNone;
      int longest = -1;
      for (std::uint32_t i = 0; i < prefixes.size(); ++i) {
        if (!prefixes[i].contains(address) || prefixes[i].length < longest) continue;
        longest = prefixes[i].length;
        expected = i;
      }
      ASSERT_EQ(table.find(address), expected) << address.text();
    }
  }
}

}  // namespace
}  // namespace conclave::network
