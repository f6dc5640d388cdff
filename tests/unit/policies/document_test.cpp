#include "policies/document/document.hpp"

#include <gmock/gmock.h>

#include <set>

#include "policies/defaults/defaults.hpp"
#include "policies/document/change.hpp"
#include "policies/document/field.hpp"
#include "tests/unit/policies/drawn.hpp"

namespace conclave::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

schema::Problems problems_of(std::string_view text) {
  auto read = parse(text, shipped_policy);
  return read ? schema::Problems{} : read.error();
}

TEST(Document, AnEmptyOneIsStandard) {
  const auto read = parse("", shipped_policy);
  ASSERT_TRUE(read);
  EXPECT_THAT(changes(*shipped_policy("standard"), *read), IsEmpty());
}

TEST(Document, AnUnknownKeyNamesItsLineAndTheNearestKnownOne) {
  const auto problems = problems_of("[devices]\n\ncapp = 1\n[network.tor]\n[lokation]\nx = 1\n");
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[0].line, 3u);
  EXPECT_THAT(problems[0].text, HasSubstr("did you mean devices.cap?"));
  EXPECT_EQ(problems[1].line, 4u);
  EXPECT_THAT(problems[2].text, HasSubstr("did you mean location?"));
}

TEST(Document, JsonIsReadWithLinesAsWell) {
  const auto read = parse("{\"base\": \"strict\",\n\"devices\": {\"cap\": 3}}", shipped_policy);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->devices.cap, 3);
  EXPECT_TRUE(read->primary.required);
  const auto problems = problems_of("{\n\"devices\": {\n\"cap\": 0}}");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].line, 3u);
  EXPECT_EQ(problems[0].text, "0 is not allowed; an integer from 1 to 1000 is (devices)");
}

struct Wrong {
  std::string_view text;
  std::string_view key;
  std::string_view says;
};

const Wrong kWrong[] = {
    {"base = \"lax\"", "base", "one of \"open\""},
    {"devices.cap = \"3\"", "devices.cap", "an integer"},
    {"devices.cap_by_role.king = 3", "devices.cap_by_role", "\"king\""},
    {"devices.cap_by_user.ann = 0", "devices.cap_by_user", "ann = 0"},
    {"devices.overflow = \"kick\"", "devices.overflow", "\"sign_out_oldest\""},
    {"primary.required = 1", "primary.required", "true or false"},
    {"factors.kinds = [\"totp\", \"fax\"]", "factors.kinds", "\"fax\" is not allowed"},
    {"network.egress = [\"192.0.2.1/24\"]", "network.egress", "\"192.0.2.1/24\" is not allowed"},
    {"network.egress = [\"AS0\"]", "network.egress", "\"AS0\" is not allowed"},
    {"network.egress = [\"AS12x\"]", "network.egress", "\"AS12x\" is not allowed"},
    {"network.countries_denied = [\"*\"]", "network.countries_denied", "\"*\" is not allowed"},
    {"network.countries_allowed = [\"de\"]", "network.countries_allowed", "\"de\""},
    {"session.restricted_methods = [\"everything\"]", "session.restricted_methods", "everything"},
    {"location.weights.new_country = 101", "location.weights.new_country", "from 0 to 100"},
    {"devices = 3", "devices", "unknown key"},
    {"location.step_up_at = 90", "location.step_up_at", "must not exceed location.restrict_at"},
    {"location.restrict_at = 98", "location.restrict_at", "must not exceed location.refuse_at"},
    {"network.mandatory_vpn = true", "network.mandatory_vpn", "nobody could get in"},
    {"primary.approval = \"qr\"\nprimary.approval_risky = \"number_match\"",
     "primary.approval_risky", "more easily"},
    {"recovery.paths = []\nfactors.kinds = []", "factors.kinds", "none is accepted"},
    {"factors.kinds = []\nfactors.roles_always = []", "recovery.paths", "needs a second factor"},
    {"factors.kinds = [\"sms\"]", "factors.kinds", "refused on GSM"},
    {"network.countries_allowed = []", "network.countries_allowed", "nobody could get in"},
    {"network.countries_allowed = [\"DE\"]\nnetwork.countries_denied = [\"DE\"]",
     "network.countries_denied", "DE is allowed and denied"},
    {"network.exempt = [\"AS1\"]\nnetwork.denied = [\"AS1\"]", "network.denied", "AS1 is vouched"},
    {"network.egress = [\"AS1\"]\nnetwork.denied = [\"AS1\"]", "network.denied", "the own VPN"},
    {"devices.cap_by_class.web = 6", "devices.cap_by_class", "can never be reached"},
    {"session.recheck_minutes = 30", "session.recheck_risky_minutes", "at most 30"},
    {"session.restricted_methods = []", "session.restricted_methods", "nothing at all"},
    {"location.consent = \"required\"\nlocation.signals = [\"address\"]", "location.consent",
     "device_fix"},
    {"location.profile_days = 30", "location.habit_half_life_days", "erased after 30 days"},
};

TEST(Document, EachMistakeIsToldWithKeyLineAndAdvice) {
  for (const auto& wrong : kWrong) {
    const auto problems = problems_of(wrong.text);
    ASSERT_THAT(problems, SizeIs(1)) << wrong.text;
    EXPECT_EQ(problems[0].key, wrong.key) << wrong.text;
    EXPECT_NE(problems[0].line, 0u) << wrong.text;
    EXPECT_THAT(problems[0].text, HasSubstr(std::string(wrong.says))) << wrong.text;
  }
}

TEST(Document, WhatIsAlmostAContradictionIsNone) {
  for (const auto* text :
       {"location.step_up_at = 85", "location.restrict_at = 97",
        "network.mandatory_vpn = true\nnetwork.certificate_proof = true",
        "factors.kinds = [\"sms\"]\nfactors.sms_on_gsm = true",
        "factors.kinds = []\nfactors.roles_always = []\nrecovery.paths = []",
        "devices.cap_by_class.web = 5", "devices.cap_by_class.web = 6\ndevices.cap_by_user.ann = 6",
        "session.recheck_minutes = 60", "location.profile_days = 60",
        "session.restricted_methods = []\nlocation.restrict_at = 101\nlocation.refuse_at = 101"})
    EXPECT_THAT(problems_of(text), IsEmpty()) << text;
}

TEST(Document, AllMistakesComeAtOnceInTheOrderOfLines) {
  const auto problems = problems_of("devices.cap = 0\nnetwork.vpn = \"maybe\"\nx = 1\n");
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[0].line, 1u);
  EXPECT_EQ(problems[1].line, 2u);
  EXPECT_EQ(problems[2].line, 3u);
}

TEST(Document, BrokenTextNamesItsLine) {
  EXPECT_EQ(problems_of("[devices]\ncap = = 3\n").at(0).line, 2u);
  EXPECT_EQ(problems_of("{\"devices\":\n").at(0).line, 2u);
}

TEST(Document, WhatIsWrittenIsReadAgain) {
  Draw draw(3);
  int compared = 0;
  for (int round = 0; round < 300; ++round) {
    const auto policy = draw.variant(Policy{}, 20);
    schema::Problems problems;
    check_together(policy, {}, "", problems);
    if (!problems.empty()) continue;
    ++compared;
    for (const auto& text : {write_toml(policy, Comments::none),
                             write_toml(policy, Comments::descriptions), write_json(policy)}) {
      const auto again = parse(text, shipped_policy);
      ASSERT_TRUE(again) << schema::to_text(again.error(), "written") << text;
      ASSERT_THAT(changes(policy, *again), IsEmpty()) << text;
      ASSERT_EQ(again->base, policy.base);
    }
  }
  EXPECT_GT(compared, 20);
}

TEST(Fields, HaveUniqueNamesSectionsAndDefaultsWithinTheirBounds) {
  std::set<std::string_view> names;
  const Policy standard;
  for (const auto& field : fields()) {
    EXPECT_TRUE(names.insert(field.name()).second) << field.name();
    const auto dot = field.name().rfind('.');
    const auto section = dot == std::string_view::npos ? "" : field.name().substr(0, dot);
    EXPECT_TRUE(std::ranges::any_of(sections(), [&](const Section& one) {
      return one.name == section;
    })) << field.name();
    const auto obeyed = schema::obey(schema::node_of(field.key.get(standard)), field.key.rule);
    EXPECT_TRUE(obeyed) << field.name();
  }
}

TEST(Fields, EachWritesTheMemberThatItReadsAndNoOther) {
  Draw draw(11);
  for (const auto& field : fields()) {
    for (int tries = 0; tries < 20; ++tries) {
      Policy policy;
      const auto value = draw.value(field);
      field.key.set(policy, value);
      const auto found = changes(Policy{}, policy);
      if (found.empty()) continue;
      ASSERT_THAT(found, SizeIs(1)) << field.name();
      EXPECT_EQ(found[0].field->name(), field.name());
    }
  }
}

TEST(Origins, HoldNetworksAndSystems) {
  const auto origins = Origins::of({"AS64500", "192.0.2.0/24", "192.0.2.0/24", "nonsense"});
  EXPECT_EQ(origins.texts(), (std::vector<std::string>{"192.0.2.0/24", "AS64500"}));
  EXPECT_TRUE(origins.hold(network::Address::parse("192.0.2.255"), 0));
  EXPECT_FALSE(origins.hold(network::Address::parse("192.0.3.0"), 0));
  EXPECT_TRUE(origins.hold(std::nullopt, 64500));
  EXPECT_FALSE(origins.hold(std::nullopt, 0));
  const auto nested = Origins::of({"10.0.0.0/8", "10.1.2.0/24", "2001:db8::/32", "0.0.0.0/2"});
  EXPECT_TRUE(nested.hold(network::Address::parse("10.200.0.1"), 0));
  EXPECT_TRUE(nested.hold(network::Address::parse("10.1.2.3"), 0));
  EXPECT_TRUE(nested.hold(network::Address::parse("2001:db8:ffff::1"), 0));
  EXPECT_TRUE(nested.hold(network::Address::parse("63.255.255.255"), 0));
  EXPECT_FALSE(nested.hold(network::Address::parse("64.0.0.0"), 0));
  EXPECT_FALSE(nested.hold(network::Address::parse("2001:db9::1"), 0));
  EXPECT_TRUE(Origins::of({}).empty());
  EXPECT_FALSE(origins.empty());
}

}  // namespace
}  // namespace conclave::policy
