#include "policies/defaults/defaults.hpp"

#include <gmock/gmock.h>

#include "policies/document/change.hpp"
#include "policies/document/document.hpp"

namespace conclave::policy {
namespace {

using ::testing::IsEmpty;

TEST(Shipped, EachIsAValidDocument) {
  ASSERT_EQ(shipped().size(), 4u);
  for (const auto& [name, text] : shipped()) {
    const auto read = parse(text, shipped_policy);
    ASSERT_TRUE(read) << schema::to_text(read.error(), std::string(name));
    EXPECT_EQ(shipped_policy(name)->base, name);
  }
  EXPECT_EQ(shipped_policy("lax"), nullptr);
}

TEST(Shipped, StandardIsTheDefaultOfTheStructAndSaysEveryKeyButTheWeights) {
  const auto& text = shipped()[1].text;
  ASSERT_EQ(shipped()[1].name, "standard");
  for (const auto& change : changes(Policy{}, *shipped_policy("standard")))
    EXPECT_EQ(change.field->name(), "note");
  const auto root = schema::parse_toml(text);
  ASSERT_TRUE(root);
  for (const auto& field : fields()) {
    if (field.name().starts_with("location.weights.")) continue;
    const auto dot = field.name().find('.');
    const auto* node =
        dot == std::string_view::npos ? &*root : root->find(field.name().substr(0, dot));
    ASSERT_NE(node, nullptr) << field.name();
    EXPECT_NE(node->find(field.name().substr(dot + 1)), nullptr) << field.name();
  }
}

// The three stand on one ladder; minor stands beside it.
TEST(Shipped, StrictNeverWeakensStandardAndOpenNeverTightensIt) {
  for (const auto& change : changes(*shipped_policy("standard"), *shipped_policy("strict"))) {
    // A role may be given more than the lowered cap, never more than before.
    if (change.field->name() == "devices.cap_by_role") continue;
    EXPECT_FALSE(change.effect.weakens) << change.field->name() << " " << change.after;
  }
  for (const auto& change : changes(*shipped_policy("standard"), *shipped_policy("open")))
    EXPECT_FALSE(change.effect.tightens) << change.field->name() << " " << change.after;
}

TEST(Shipped, PoliciesOnThemDifferOnlyInWhatTheySay) {
  const auto read = parse("base = \"strict\"\ndevices.cap = 3\n", shipped_policy);
  ASSERT_TRUE(read);
  const auto found = changes(*shipped_policy("strict"), *read);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].field->name(), "devices.cap");
}

}  // namespace
}  // namespace conclave::policy
