#include "runtime/doors/http/fields.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "runtime/doors/http/errors.hpp"

namespace conclave::doors::http {
namespace {

Fields fields(const char* text) {
  return Fields(boost::json::parse(text).as_object());
}

std::string mistake(Fields& in) {
  const auto result = in.finish();
  return result ? std::string() : result.error().detail();
}

TEST(Fields, ReadsWhatIsThere) {
  Fields in = fields(R"({"a":"x","roles":["auditor"],"on":true,"bin":"AQI"})");
  EXPECT_EQ(in.text("a"), "x");
  EXPECT_EQ(in.optional_roles("roles"), identity::RoleSet{identity::Role::auditor});
  EXPECT_EQ(in.optional_flag("on"), true);
  EXPECT_EQ(in.binary("bin"), (Bytes{1, 2}));
  EXPECT_EQ(in.optional_text("absent"), std::nullopt);
  EXPECT_TRUE(in.finish());
}

TEST(Fields, NumbersAreIntegersThatMayBeLeftOut) {
  Fields in = fields(R"({"a":7,"b":0})");
  EXPECT_EQ(in.number("a"), 7U);
  EXPECT_EQ(in.optional_number("b"), 0U);
  EXPECT_EQ(in.optional_number("absent"), std::nullopt);
  EXPECT_TRUE(in.finish());
  for (const char* body : {R"({"a":-1})", R"({"a":1.5})", R"({"a":"1"})", R"({"a":true})"}) {
    Fields wrong = fields(body);
    (void)wrong.optional_number("a");
    EXPECT_EQ(mistake(wrong), "a: must be an integer, 0 or more") << body;
  }
}

TEST(Fields, NamesTheFirstMistake) {
  struct Row {
    const char* body;
    const char* mistake;
  };
  for (const Row& row : {Row{R"({})", "a: is missing"}, Row{R"({"a":1})", "a: must be a string"},
                         Row{R"({"a":"x","b":2})", "b: is not a field of this request"}}) {
    Fields in = fields(row.body);
    in.text("a");
    EXPECT_EQ(mistake(in), row.mistake) << row.body;
  }
}

TEST(Fields, MistakesOfAnInnerObjectHaveItsPath) {
  Fields in = fields(R"({"device":{"name":7}})");
  Fields device = in.object("device");
  device.text("name");
  const auto result = in.finish(device);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail(), "device.name: must be a string");
}

TEST(Fields, UnknownRolesAndBadEncodingsAreRefused) {
  Fields roles = fields(R"({"roles":["root"]})");
  EXPECT_EQ(roles.optional_roles("roles"), std::nullopt);
  EXPECT_FALSE(mistake(roles).empty());
  Fields binary = fields(R"({"bin":"A="})");
  EXPECT_TRUE(binary.binary("bin").empty());
  EXPECT_FALSE(mistake(binary).empty());
}

}  // namespace
}  // namespace conclave::doors::http
