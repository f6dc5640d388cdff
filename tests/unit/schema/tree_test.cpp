#include "runtime/schema/tree.hpp"

#include <gtest/gtest.h>

namespace conclave::schema {
namespace {

std::uint32_t line_of(const std::expected<Node, Problem>& parsed) {
  return parsed ? 0 : parsed.error().line;
}

constexpr auto kJson = R"({
  "name": "a",
  "number": -7, "share": 0.5,
  "flag": true,
  "none": null,
  "list": [1,
    "two"],
  "inner": {
    "deep": 12
  }
}
)";

TEST(Json, BecomesATreeWithTheLineOfEachValue) {
  const auto root = parse_json(kJson);
  ASSERT_TRUE(root) << root.error().text;
  EXPECT_EQ(*root->find("name")->as_text(), "a");
  EXPECT_EQ(*root->find("number")->as_integer(), -7);
  EXPECT_EQ(root->find("number")->line, 3u);
  EXPECT_EQ(root->find("flag")->line, 4u);
  EXPECT_TRUE(*root->find("flag")->as_boolean());
  EXPECT_TRUE(std::holds_alternative<Node::Other>(root->find("none")->value));
  EXPECT_EQ(root->find("list")->as_list()->at(1).line, 7u);
  EXPECT_EQ(root->find("inner")->line, 8u);
  EXPECT_EQ(root->find("inner")->find("deep")->line, 9u);
  EXPECT_EQ(*root->find("inner")->find("deep")->as_integer(), 12);
}

TEST(Json, BrokenTextNamesItsLine) {
  EXPECT_EQ(line_of(parse_json("{\n\"a\": 1,\n\"b\" 2\n}")), 3u);
  EXPECT_EQ(line_of(parse_json("{\n\"a\": 1\n")), 3u);
  EXPECT_EQ(line_of(parse_json("{\n\"a\": 1\n}\n{}\n")), 4u);
  EXPECT_EQ(line_of(parse_json("{} x")), 1u);
  EXPECT_EQ(line_of(parse_json("{\n// note\n}")), 2u);
}

TEST(Json, ANameThatStandsTwiceIsRefused) {
  const auto parsed = parse_json("{\"a\": {\n\"b\": 1,\n\"b\": 2}}");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().key, "b");
  EXPECT_EQ(parsed.error().line, 3u);
  EXPECT_TRUE(parse_json("{\"a\": {\"b\": 1}, \"b\": 2}"));
}

TEST(Json, OnlyAnObjectIsADocument) {
  EXPECT_FALSE(parse_json("[1]"));
  EXPECT_FALSE(parse_json("12\n"));
  EXPECT_FALSE(parse_json(""));
}

TEST(Json, NestedTooDeepIsRefused) {
  EXPECT_FALSE(parse_json("{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"));
}

TEST(Json, IsWrittenAsItWasRead) {
  const auto root = parse_json(kJson);
  ASSERT_TRUE(root);
  const auto again = parse_json(json_text(*root));
  ASSERT_TRUE(again);
  EXPECT_EQ(json_text(*again), json_text(*root));
  EXPECT_EQ(json_text(*parse_json("{\"a\": [], \"b\": \"x\\n\\\"\"}")),
            "{\n  \"a\": [],\n  \"b\": \"x\\u000a\\\"\"\n}\n");
}

TEST(Document, IsJsonWhenItBeginsWithABrace) {
  EXPECT_TRUE(parse(" \n{\"a\": 1}"));
  const auto toml = parse("a = 1\n");
  ASSERT_TRUE(toml);
  EXPECT_EQ(toml->find("a")->line, 1u);
}

TEST(Merge, LaysTablesOverEachOtherAndReplacesTheRest) {
  const auto lower = parse_toml("a = 1\nlist = [1, 2]\n[t]\nx = 1\ny = 2\n");
  const auto upper = parse_toml("list = [3]\nt.y = 3\nt.z = 4\nnew = 5\n");
  const auto whole = merged(*lower, *upper);
  EXPECT_EQ(*whole.find("a")->as_integer(), 1);
  EXPECT_EQ(whole.find("list")->as_list()->size(), 1u);
  EXPECT_EQ(*whole.find("t")->find("x")->as_integer(), 1);
  EXPECT_EQ(*whole.find("t")->find("y")->as_integer(), 3);
  EXPECT_EQ(*whole.find("t")->find("z")->as_integer(), 4);
  EXPECT_EQ(*whole.find("new")->as_integer(), 5);
}

}  // namespace
}  // namespace conclave::schema
