#include <gmock/gmock.h>

#include "runtime/config/schema.hpp"

namespace conclave::config {
namespace {

TEST(Example, ParsesToTheDefaults) {
  const auto parsed = parse(example_text(), "/s/conclave.toml");
  ASSERT_TRUE(parsed) << to_text(parsed.error(), "example");
  const Config defaults;
  for (const auto& key : keys()) {
    if (key.name == "state") continue;
    EXPECT_EQ(key.get(*parsed), key.get(defaults)) << key.name;
  }
  EXPECT_EQ(parsed->state, "/s");
}

TEST(Example, ShowsEveryKeyWithItsUnitAndDescription) {
  const auto text = example_text();
  for (const auto& key : keys()) {
    EXPECT_THAT(text, ::testing::HasSubstr(key.description)) << key.name;
    EXPECT_FALSE(key.description.empty()) << key.name;
    if (!key.unit.empty())
      EXPECT_THAT(text, ::testing::HasSubstr("unit: " + std::string(key.unit)));
  }
}

TEST(Schema, EveryDefaultObeysItsOwnBound) {
  const Config defaults;
  for (const auto& key : keys()) {
    const auto* rule = std::get_if<IntegerRule>(&key.rule);
    if (rule == nullptr) continue;
    EXPECT_GE(std::get<std::int64_t>(key.get(defaults)), rule->least) << key.name;
    EXPECT_LE(std::get<std::int64_t>(key.get(defaults)), rule->most) << key.name;
  }
}

TEST(Schema, EveryKeyWritesTheFieldThatItReads) {
  for (const auto& key : keys()) {
    const auto* rule = std::get_if<IntegerRule>(&key.rule);
    if (rule == nullptr) continue;
    Config config;
    key.set(config, rule->most);
    EXPECT_EQ(key.get(config), Value(rule->most)) << key.name;
  }
}

TEST(Schema, NamesAreUniqueAndTheirSectionsExist) {
  std::vector<std::string_view> names;
  for (const auto& key : keys()) {
    EXPECT_THAT(names, ::testing::Not(::testing::Contains(key.name)));
    names.push_back(key.name);
    const auto section = key.name.find('.') == std::string_view::npos
                             ? std::string_view{}
                             : key.name.substr(0, key.name.find('.'));
    EXPECT_TRUE(std::ranges::any_of(sections(), [&](const Section& s) {
      return s.name == section;
    })) << key.name;
  }
}

}  // namespace
}  // namespace conclave::config
