#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "sdk/protocol/methods.hpp"
#include "tests/unit/protocol/mutations.hpp"
#include "tests/unit/protocol/schema_files.hpp"

namespace conclave::sdk::protocol {
namespace {

namespace json = boost::json;
using tests::Mutation;
using tests::SchemaMethod;

const json::object& example_of(const SchemaMethod& method) {
  return method.definition.at("example").as_object().at("params").as_object();
}

class EachMethod : public testing::TestWithParam<SchemaMethod> {
 protected:
  [[nodiscard]] Method method() const {
    const auto found = find_method(GetParam().name);
    EXPECT_TRUE(found) << GetParam().name;
    return found.value_or(Method{});
  }
};

TEST_P(EachMethod, TakesItsExample) {
  const auto parsed = parse_params(method(), example_of(GetParam()));
  ASSERT_TRUE(parsed) << parsed.error().path << ": " << parsed.error().expected;
  EXPECT_EQ(parsed->index(), static_cast<std::size_t>(method()));
}

TEST_P(EachMethod, RefusesEveryBrokenParameterAndNamesIt) {
  const json::value& params = GetParam().definition.at("params");
  std::size_t tried = 0;
  for (const Mutation& mutation : tests::mutations_of(params, example_of(GetParam()))) {
    if (!mutation.value.is_object()) continue;  // params that are no object end at the envelope
    const auto parsed = parse_params(method(), mutation.value.get_object());
    ASSERT_FALSE(parsed) << mutation.what << " at " << mutation.path << ": "
                         << json::serialize(mutation.value);
    EXPECT_EQ(parsed.error().path, mutation.path) << mutation.what;
    EXPECT_FALSE(parsed.error().expected.empty());
    ++tried;
  }
  EXPECT_GE(tried, 1U);
}

TEST_P(EachMethod, TakesOnlyWhatIsRequired) {
  json::object least = example_of(GetParam());
  const json::object& params = tests::schema().resolve(GetParam().definition.at("params"));
  json::array required;
  if (const json::value* names = params.if_contains("required")) required = names->as_array();
  for (const auto& member : example_of(GetParam())) {
    if (std::ranges::find(required, json::value(member.key())) == required.end()) {
      least.erase(member.key());
    }
  }
  EXPECT_TRUE(parse_params(method(), least)) << json::serialize(least);
}

INSTANTIATE_TEST_SUITE_P(Schema, EachMethod, testing::ValuesIn(tests::schema().methods()),
                         [](const auto& each) {
                           std::string name = each.param.name;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST(Params, ACodePointIsOneCharacterAndAByteLimitCountsBytes) {
  json::object params{{"room", "r_0000000000004"}, {"client_id", 1}};
  std::string most;
  for (int i = 0; i < 4096; ++i) most += "\xf0\x9f\x99\x82";  // 16,384 bytes
  params["text"] = most;
  EXPECT_TRUE(parse_params(Method::message_send, params));
  params["text"] = most + "a";
  const auto parsed = parse_params(Method::message_send, params);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().spec->reason, "body.too_large");
}

TEST(Params, AValueOfAnyTypeIsKeptAsCompactText) {
  const json::object params{{"key", "settings.a"}, {"value", {{"b", {1, nullptr, "x"}}}}};
  const auto parsed = parse_params(Method::state_set, params);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<StateSet>(*parsed).value, R"({"b":[1,null,"x"]})");
}

}  // namespace
}  // namespace conclave::sdk::protocol
