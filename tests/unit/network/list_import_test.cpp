#include "runtime/network/list_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/network/errors.hpp"

namespace conclave::network {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ImportedList plain(std::string_view text) {
  auto list = import_list(text, ListForm::plain);
  EXPECT_TRUE(list) << list.error().text();
  return list ? *std::move(list) : ImportedList{};
}

std::string refusal(std::string_view text, ListForm form = ListForm::plain) {
  const auto list = import_list(text, form);
  EXPECT_FALSE(list);
  if (list) return "";
  EXPECT_TRUE(list.error().is(kListRefused));
  return list.error().detail();
}

TEST(ListImport, takes_addresses_networks_and_ranges_with_comments) {
  const auto list = plain(
      "\xef\xbb\xbf# VPN exits\r\n"
      "192.0.2.1\r\n"
      "\n"
      "198.51.100.0/24 # a block\n"
      "203.0.113.0/24 ; SBL123\n"
      "  2001:db8::/32\t\n"
      "192.0.2.10-192.0.2.20,remark\n"
      "192.0.2.99");
  ASSERT_EQ(list.ranges.size(), 6U);
  const RangeTable table(list.ranges);
  for (const char* text :
       {"192.0.2.1", "198.51.100.255", "203.0.113.7", "2001:db8::9", "192.0.2.20", "192.0.2.99"}) {
    EXPECT_EQ(table.find(*Address::parse(text)), 0U) << text;
  }
  EXPECT_EQ(table.find(*Address::parse("192.0.2.21")), RangeTable::kNone);
}

TEST(ListImport, takes_autonomous_systems) {
  EXPECT_THAT(plain("AS64500 # a name\nas64499\nAS64500\n").as_numbers, ElementsAre(64499, 64500));
}

TEST(ListImport, leaves_out_a_line_of_column_names) {
  EXPECT_EQ(plain("network,comment\n10.0.0.0/8,x\n").ranges.size(), 1U);
  EXPECT_THAT(refusal("10.0.0.0/8\nnetwork\n"), HasSubstr("line 2"));
}

TEST(ListImport, takes_the_csv_of_autonomous_systems) {
  const auto list = import_list(
      "1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n"
      "1.0.4.0,1.0.7.255,38803,Gtelecom #1; Pty\r\n"
      "2001:200::,2001:200:1b9:ffff:ffff:ffff:ffff:ffff,2500,WIDE Project\n",
      ListForm::as_ranges);
  ASSERT_TRUE(list) << list.error().text();
  const RangeTable table(list->ranges);
  EXPECT_EQ(table.find(*Address::parse("1.0.0.9")), 13335U);
  EXPECT_EQ(table.find(*Address::parse("1.0.6.1")), 38803U);
  EXPECT_EQ(table.find(*Address::parse("2001:200:1b9::1")), 2500U);
  EXPECT_EQ(table.find(*Address::parse("1.0.1.0")), RangeTable::kNone);
}

TEST(ListImport, names_wrong_lines_with_their_numbers) {
  const auto text = refusal("10.0.0.0/8\n10.0.0.0/33\n\nhello\n");
  EXPECT_THAT(text, HasSubstr("line 2: \"10.0.0.0/33\""));
  EXPECT_THAT(text, HasSubstr("line 4: \"hello\""));
  EXPECT_THAT(refusal("1.2.3.4,5.6.7.8\n", ListForm::as_ranges), HasSubstr("AS number"));
}

TEST(ListImport, names_five_wrong_lines_and_counts_the_rest) {
  std::string text;
  for (int i = 0; i < 9; ++i) text += "x\n";
  const auto message = refusal(text);
  EXPECT_THAT(message, HasSubstr("line 5"));
  EXPECT_THAT(message, Not(HasSubstr("line 6")));
  EXPECT_THAT(message, HasSubstr("and 4 more"));
}

TEST(ListImport, shows_no_control_characters_and_no_long_lines) {
  const auto message = refusal(std::string("a\x1b[31m") + std::string(500, 'b') + "\n");
  EXPECT_THAT(message, Not(HasSubstr("\x1b")));
  EXPECT_LT(message.size(), 150U);
}

TEST(ListImport, refuses_ranges_that_make_no_sense) {
  for (const char* line : {"10.0.0.9-10.0.0.1", "10.0.0.1-2001:db8::1", "10.0.0.1-", "-", "AS0",
                           "AS", "AS4294967296", "AS12x", "/8", "\"\""}) {
    EXPECT_THAT(refusal(line), HasSubstr("line 1")) << line;
  }
}

TEST(ListImport, an_empty_list_is_a_list) {
  EXPECT_TRUE(plain("").ranges.empty());
  EXPECT_TRUE(plain("# nothing\n").ranges.empty());
}

}  // namespace
}  // namespace conclave::network
