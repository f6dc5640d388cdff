#include "policies/cases/table.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "policies/defaults/defaults.hpp"
#include "policies/engine/engine.hpp"

namespace conclave::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

schema::Problems problems_of(std::string_view text) {
  auto table = read_table(text, shipped_policy);
  return table ? schema::Problems{} : table.error();
}

TEST(CaseTable, LaysEachCaseOverTheSharedPolicyAndFacts) {
  const auto table = read_table(R"(
[policy]
base = "strict"
devices.cap = 7
[facts]
device = { id = "a", class = "web" }
[[case]]
name = "one"
policy.devices.cap = 8
facts.device.id = "b"
expect.outcome = "allow"
[[case]]
name = "two"
expect.outcome = "refuse"
)",
                                shipped_policy);
  ASSERT_TRUE(table) << schema::to_text(table.error(), "t");
  ASSERT_THAT(*table, SizeIs(2));
  EXPECT_EQ(table->at(0).policy.devices.cap, 8);
  EXPECT_EQ(table->at(0).facts.device.id, "b");
  EXPECT_EQ(table->at(0).facts.device.device_class, DeviceClass::web);
  EXPECT_EQ(table->at(1).policy.devices.cap, 7);
  EXPECT_TRUE(table->at(1).policy.primary.required);
  EXPECT_EQ(table->at(1).facts.device.id, "a");
  EXPECT_EQ(table->at(1).line, 12u);
}

TEST(CaseTable, MistakesComeWithTheirLines) {
  const auto problems = problems_of(R"([[case]]
name = "x"
facts.device.id = 3
policy.devices.cap = "many"
expect.outcome = "maybe"
expect.reasns = []
)");
  ASSERT_THAT(problems, SizeIs(4));
  EXPECT_EQ(problems[0].line, 3u);
  EXPECT_EQ(problems[0].key, "case[0].facts.device.id");
  EXPECT_EQ(problems[1].key, "case[0].policy.devices.cap");
  EXPECT_EQ(problems[2].line, 5u);
  EXPECT_THAT(problems[3].text, HasSubstr("did you mean reasons?"));
}

TEST(CaseTable, WithoutCasesNamesOrOutcomesIsRefused) {
  EXPECT_THAT(problems_of("[facts]\n"), SizeIs(1));
  EXPECT_THAT(problems_of("case = 3\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[[case]]\nexpect.outcome = \"allow\"\n"), SizeIs(1));
  EXPECT_THAT(problems_of("[[case]]\nname = \"x\"\n"), SizeIs(1));
  EXPECT_THAT(
      problems_of("[[case]]\nname = \"x\"\nexpect.outcome = \"allow\"\nexpect.score = \"1\"\n"),
      SizeIs(1));
}

TEST(CaseTable, ContradictionsInACaseAreRefused) {
  const auto problems = problems_of(
      "[[case]]\nname = \"x\"\npolicy.network.mandatory_vpn = true\nexpect.outcome = \"allow\"\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].key, "case[0].policy.network.mandatory_vpn");
  EXPECT_EQ(problems[0].line, 3u);
}

TEST(CaseTable, TellsEachDifference) {
  Facts facts;
  facts.device.banned = true;
  facts.device.id = "d";
  const auto decision = decide(facts, Policy{});
  Expected expected;
  expected.outcome = Outcome::refuse;
  EXPECT_THAT(differences(expected, decision), IsEmpty());
  expected.outcome = Outcome::allow;
  expected.reasons = {{}};
  expected.includes = {{"device.idle d"}};
  expected.obligations = {{"record"}};
  expected.figures = {{"x 1/2"}};
  expected.score = 3;
  EXPECT_THAT(differences(expected, decision),
              ElementsAre("outcome: expected allow; is refuse",
                          "reasons: expected nothing; is device.banned d",
                          "reasons: expected device.idle d among them; are device.banned d",
                          "obligations: expected record; is notify_devices, record",
                          "figures: expected x 1/2; is nothing", "score: expected 3; is 0"));
}

// The indented block that begins with [policy].
TEST(CaseTable, TheOneInTheDocumentationHolds) {
  std::ifstream page(std::string(CONCLAVE_SOURCE_DIR) + "/docs/policy-cases.md");
  std::string text;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("    [policy]")) inside = true;
    if (inside && !line.empty() && !line.starts_with("    ")) break;
    if (inside) text += line + "\n";
  }
  const auto table = read_table(text, shipped_policy);
  ASSERT_TRUE(table) << schema::to_text(table.error(), "docs/policy-cases.md");
  EXPECT_THAT(*table, SizeIs(2));
  for (const auto& one : *table)
    EXPECT_THAT(differences(one.expected, decide(one.facts, one.policy)), IsEmpty()) << one.name;
}

TEST(CaseTable, ADecisionIsWrittenWithAdviceInBothLanguages) {
  Facts facts;
  facts.device.banned = true;
  const auto text = schema::json_text(write_decision(decide(facts, Policy{})));
  EXPECT_THAT(text, HasSubstr("\"outcome\": \"refuse\""));
  EXPECT_THAT(text, HasSubstr("\"code\": \"device.banned\""));
  EXPECT_THAT(text, HasSubstr("Use another one"));
  EXPECT_THAT(text, HasSubstr("此设备已被封禁"));
}

}  // namespace
}  // namespace conclave::policy
