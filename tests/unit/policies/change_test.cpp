#include "policies/document/change.hpp"

#include <gmock/gmock.h>

#include <set>

#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"

namespace conclave::policy {
namespace {

struct Row {
  std::string_view field;
  std::string_view before;
  std::string_view after;
  std::string_view effect;
};

// Both directions of each kind of order, and every field whose change moves trust.
const Row kRows[] = {
    {"devices.cap", "cap = 5", "cap = 4", "tightening"},
    {"devices.cap", "cap = 5", "cap = 6", "weakening"},
    {"devices.tenure_minutes", "tenure_minutes = 5", "tenure_minutes = 6", "tightening"},
    {"devices.tenure_minutes", "tenure_minutes = 5", "tenure_minutes = 4", "weakening"},
    {"devices.overflow", "overflow = \"ask_primary\"", "overflow = \"refuse\"", "tightening"},
    {"devices.overflow", "overflow = \"ask_primary\"", "overflow = \"sign_out_oldest\"",
     "weakening"},
    {"devices.cap_by_class", "", "cap_by_class.web = 2", "tightening"},
    {"devices.cap_by_class", "cap_by_class.web = 2", "", "weakening"},
    {"devices.cap_by_class", "cap_by_class.web = 2", "cap_by_class.web = 3", "weakening"},
    {"devices.cap_by_class", "cap_by_class.web = 2", "cap_by_class.web = 1", "tightening"},
    {"devices.cap_by_class", "cap_by_class.web = 2", "cap_by_class.xmpp = 2",
     "weakening, tightening"},
    {"devices.cap_by_role", "", "cap_by_role.guest = 4", "tightening"},
    {"devices.cap_by_role", "", "cap_by_role.guest = 6", "weakening"},
    {"devices.cap_by_role", "cap_by_role.guest = 4", "", "weakening"},
    {"devices.cap_by_role", "cap_by_role.guest = 6", "", "tightening"},
    {"devices.cap_by_role", "cap_by_role.guest = 5", "cap_by_role.guest = 4", "tightening"},
    {"devices.cap_by_role", "cap_by_role.guest = 4", "cap_by_role.guest = 5", "weakening"},
    {"devices.cap_by_user", "", "cap_by_user.ann = 5", "neutral"},
    {"devices.cap_by_user", "", "cap_by_user.ann = 4", "tightening"},
    {"devices.cap_by_user", "", "cap_by_user.ann = 6", "weakening"},
    {"devices.cap_by_user", "cap_by_user.ann = 6", "", "tightening"},
    {"devices.cap_by_user", "cap_by_user.ann = 4", "", "weakening"},
    // Ann may be a guest or not: 3 is less than 5 and more than 2.
    {"devices.cap_by_user", "cap_by_role.guest = 2", "cap_by_role.guest = 2\ncap_by_user.ann = 3",
     "weakening, tightening"},
};

Policy of(std::string_view section) {
  const auto read = parse("[devices]\n" + std::string(section) + "\n", shipped_policy);
  EXPECT_TRUE(read) << section;
  return read.value_or(Policy{});
}

TEST(Change, OfDevicesIsClassifiedAsEachRowSays) {
  for (const auto& row : kRows) {
    const auto* field = find_field(row.field);
    ASSERT_NE(field, nullptr) << row.field;
    EXPECT_EQ(to_text(effect_of(*field, of(row.before), of(row.after))), row.effect)
        << row.before << " -> " << row.after;
  }
}

Effect effect(std::string_view name, const schema::Value& before, const schema::Value& after) {
  const auto* field = find_field(name);
  Policy old;
  Policy now;
  field->key.set(old, before);
  field->key.set(now, after);
  return effect_of(*field, old, now);
}

using Texts = std::vector<std::string>;

TEST(Change, OfFlagsGoesByTheirOrder) {
  EXPECT_EQ(to_text(effect("primary.required", false, true)), "tightening");
  EXPECT_EQ(to_text(effect("primary.required", true, false)), "weakening");
  EXPECT_EQ(to_text(effect("factors.sms_on_gsm", true, false)), "tightening");
  EXPECT_EQ(to_text(effect("factors.sms_on_gsm", false, true)), "weakening");
  EXPECT_EQ(to_text(effect("factors.sms_on_gsm", true, true)), "neutral");
}

TEST(Change, OfSetsGoesByTheirMembers) {
  EXPECT_EQ(to_text(effect("factors.roles_always", Texts{}, Texts{"guest"})), "tightening");
  EXPECT_EQ(to_text(effect("factors.roles_always", Texts{"guest"}, Texts{})), "weakening");
  EXPECT_EQ(to_text(effect("factors.kinds", Texts{"totp"}, Texts{"totp", "sms"})),
            "weakening, moving trust");
  EXPECT_EQ(to_text(effect("factors.kinds", Texts{"totp", "sms"}, Texts{"totp"})), "tightening");
  EXPECT_EQ(to_text(effect("factors.kinds", Texts{"totp"}, Texts{"sms"})),
            "weakening, moving trust, tightening");
}

TEST(Change, AStarStandsForAllCountries) {
  EXPECT_EQ(to_text(effect("network.countries_allowed", Texts{"*"}, Texts{"DE"})), "tightening");
  EXPECT_EQ(to_text(effect("network.countries_allowed", Texts{"DE"}, Texts{"*"})), "weakening");
  EXPECT_EQ(to_text(effect("network.countries_allowed", Texts{"DE", "*"}, Texts{"*"})), "neutral");
}

TEST(Change, NewlyEntrustedNetworksAndDataMoveTrust) {
  EXPECT_EQ(to_text(effect("network.egress", Texts{}, Texts{"AS64500"})),
            "weakening, moving trust");
  EXPECT_EQ(to_text(effect("network.egress", Texts{"AS64500"}, Texts{})), "tightening");
  EXPECT_EQ(to_text(effect("location.signals", Texts{"address"}, Texts{"address", "device_fix"})),
            "moving trust, tightening");
  EXPECT_EQ(to_text(effect("location.signals", Texts{"address"}, Texts{})), "weakening");
  EXPECT_EQ(to_text(effect("location.fix_days", Number{1}, Number{2})), "weakening, moving trust");
  EXPECT_EQ(to_text(effect("note", std::string("a"), std::string("b"))), "neutral");
}

// Fields that decide() does not obey, or that change no outcome: monotony cannot show their order.
TEST(Change, OfWhatOthersObeyGoesByTheirOrder) {
  EXPECT_EQ(to_text(effect("password.length", Number{10}, Number{12})), "tightening");
  EXPECT_EQ(to_text(effect("session.recheck_minutes", Number{100}, Number{200})), "weakening");
  EXPECT_EQ(to_text(effect("session.recheck_risky_minutes", Number{9}, Number{8})), "tightening");
  EXPECT_EQ(to_text(effect("location.travel_kmh", Number{900}, Number{1'000})), "weakening");
  EXPECT_EQ(to_text(effect("location.habit_half_life_days", Number{60}, Number{61})), "weakening");
  EXPECT_EQ(to_text(effect("location.profile_days", Number{60}, Number{59})), "tightening");
  EXPECT_EQ(to_text(effect("password.reused", std::string("warn"), std::string("refuse"))),
            "tightening");
  EXPECT_EQ(to_text(effect("session.notice", std::string("always"), std::string("risk"))),
            "weakening");
}

TEST(Change, EveryFieldButTheTextsHasAnOrder) {
  for (const auto& field : fields()) {
    const bool text = field.name() == "base" || field.name() == "note";
    EXPECT_EQ(field.order == Order::none, text) << field.name();
    EXPECT_FALSE(order_text(field.order).empty());
  }
}

// What tightens in one direction weakens in the other: a way back is never hidden.
TEST(Change, EachWayBackIsClassifiedAsWell) {
  const auto& strict = *shipped_policy("strict");
  const auto& open = *shipped_policy("open");
  for (const auto& change : changes(open, strict)) {
    const auto back = effect_of(*change.field, strict, open);
    EXPECT_EQ(change.effect.tightens, back.weakens) << change.field->name();
  }
}

TEST(Change, IsListedByFieldWithBothValues) {
  Policy after;
  after.devices.cap = 3;
  after.base = "strict";
  const auto found = changes(Policy{}, after);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].before, "5");
  EXPECT_EQ(found[0].after, "3");
}

}  // namespace
}  // namespace conclave::policy
