#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "runtime/doors/native/strict_json.hpp"

namespace conclave::doors::native {
namespace {

bool parses(std::string_view text) {
  return parse_strictly(text, 32, boost::json::storage_ptr()).has_value();
}

TEST(StrictJson, TakesWhatJsonIs) {
  const auto value = parse_strictly(R"( {"a":[1,-2,3.5,"x\u00e9",true,null],"b":{}} )", 32, {});
  ASSERT_TRUE(value);
  EXPECT_EQ(boost::json::serialize(*value),
            "{\"a\":[1,-2,3.5E0,\"x\xc3\xa9\",true,null],\"b\":{}}");
}

TEST(StrictJson, RefusesRepeatedKeysAtEveryDepth) {
  EXPECT_FALSE(parses(R"({"a":1,"a":2})"));
  EXPECT_FALSE(parses(R"({"a":[{"b":1,"\u0062":2}]})"));
  EXPECT_TRUE(parses(R"({"a":{"a":{"a":1}}})"));
}

TEST(StrictJson, RefusesDepthBeyondTheLimitWithoutRecursingIntoIt) {
  EXPECT_TRUE(parses(std::string(32, '[') + std::string(32, ']')));
  EXPECT_FALSE(parses(std::string(33, '[') + std::string(33, ']')));
  EXPECT_FALSE(parses(std::string(60'000, '[')));
}

TEST(StrictJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "{}x", "{} {}", "{'a':1}", "{\"a\":01}", "[1,]", "NaN",
                           "// a\n{}", "\"\xff\"", "\"\\ud800\"", "{\"a\":1e999999}x"}) {
    EXPECT_FALSE(parses(text)) << text;
  }
}

}  // namespace
}  // namespace conclave::doors::native
