#include "runtime/schema/rules.hpp"

#include <gtest/gtest.h>

namespace conclave::schema {
namespace {

Node value_of(std::string_view text) {
  const auto root = parse_toml("v = " + std::string(text));
  return root ? *root->find("v") : Node{};
}

std::string refusal(std::string_view text, const Rule& rule) {
  const auto value = obey(value_of(text), rule);
  return value ? "" : value.error();
}

bool starts_with_a(std::string_view text) {
  return text.starts_with('a');
}

TEST(Rules, AListNamesTheItemThatDoesNotFit) {
  const Rule rule = TextListRule{3, 0, {}, starts_with_a, "texts with a"};
  EXPECT_EQ(refusal("[]", rule), "");
  EXPECT_EQ(refusal("[\"ab\", \"ba\"]", rule), "\"ba\"");
  EXPECT_EQ(refusal("[\"ab\", 3]", rule), "3");
  EXPECT_EQ(refusal("[\"a\", \"a\", \"a\", \"a\"]", rule), "a list of 4");
  EXPECT_EQ(refusal("\"ab\"", rule), "\"ab\"");
  EXPECT_EQ(allowed_text(rule), "a list of 0 to 3 texts with a");
}

TEST(Rules, AListOfWordsTakesOnlyThose) {
  const Rule rule = TextListRule{8, 1, {"one", "two"}};
  EXPECT_EQ(refusal("[\"one\", \"two\"]", rule), "");
  EXPECT_EQ(refusal("[\"three\"]", rule), "\"three\"");
  EXPECT_EQ(refusal("[]", rule), "a list of 0");
  EXPECT_EQ(allowed_text(rule), "a list of \"one\" \"two\"");
}

TEST(Rules, AMapHoldsItsNamesAndBounds) {
  const Rule rule = IntegerMapRule{{1, 9}, 2, {"x", "y", "z"}};
  EXPECT_EQ(refusal("{ x = 1, y = 9 }", rule), "");
  EXPECT_EQ(refusal("{ x = 10 }", rule), "x = 10");
  EXPECT_EQ(refusal("{ w = 1 }", rule), "\"w\"");
  EXPECT_EQ(refusal("{ x = \"1\" }", rule), "x = \"1\"");
  EXPECT_EQ(refusal("{ x = 1, y = 1, z = 1 }", rule), "a table of 3");
  EXPECT_EQ(refusal("5", rule), "5");
  EXPECT_EQ(allowed_text(rule), "a table of \"x\" \"y\" \"z\" with integers from 1 to 9");
}

TEST(Rules, ValuesAreWrittenAsTheyAreRead) {
  const Rule rule = IntegerMapRule{{1, 9}, 2, {}};
  const auto value = obey(value_of("{ b = 2, a = 1 }"), rule);
  ASSERT_TRUE(value);
  EXPECT_EQ(toml_text(*value), "{ \"a\" = 1, \"b\" = 2 }");
  EXPECT_EQ(obey(value_of(toml_text(*value)), rule), value);
  EXPECT_EQ(toml_text(Value(IntegerMap{})), "{}");
  EXPECT_EQ(json_text(node_of(*value)), "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
}

}  // namespace
}  // namespace conclave::schema
