#include "policies/signals/assess.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/signals/cases.hpp"

namespace conclave::signals::test {
namespace {

using testing::HasSubstr;
using enum FindingKind;

Finding finding(FindingKind kind, double weight, double confidence) {
  Finding out;
  out.kind = kind;
  out.weight = weight;
  out.confidence = confidence;
  return out;
}

TEST(Score, nothing_found_is_no_risk) {
  const auto none = combine({}, {});
  EXPECT_EQ(none.score, 0);
  EXPECT_EQ(none.grade, Grade::none);
}

TEST(Score, independent_findings_add_as_chances) {
  const auto both = combine({finding(new_country, 0.5, 1), finding(tunnel_mtu, 0.5, 0.4)}, {});
  EXPECT_DOUBLE_EQ(both.score, 1 - 0.5 * 0.8);
}

TEST(Score, the_second_of_a_family_counts_half_and_the_third_a_quarter) {
  const auto all = combine(
      {finding(listed_vpn, 0.2, 1), finding(hosting_network, 0.4, 1), finding(tunnel_mtu, 0.1, 1)},
      {});
  EXPECT_DOUBLE_EQ(all.score, 1 - (1 - 0.4) * (1 - 0.1) * (1 - 0.025));
}

TEST(Score, the_order_of_findings_changes_nothing) {
  const auto one = combine({finding(new_country, 0.3, 1), finding(rare_network, 0.6, 1)}, {});
  const auto other = combine({finding(rare_network, 0.6, 1), finding(new_country, 0.3, 1)}, {});
  EXPECT_DOUBLE_EQ(one.score, other.score);
  EXPECT_EQ(one.findings.front().finding.kind, other.findings.front().finding.kind);
}

TEST(Score, a_contribution_is_what_the_score_loses_without_the_finding) {
  const auto all = combine({finding(new_country, 0.3, 1), finding(rare_network, 0.6, 1),
                            finding(unfamiliar_device, 0.35, 1)},
                           {});
  const auto without =
      combine({finding(new_country, 0.3, 1), finding(unfamiliar_device, 0.35, 1)}, {});
  ASSERT_EQ(all.findings.front().finding.kind, rare_network);
  EXPECT_DOUBLE_EQ(all.findings.front().contribution, all.score - without.score);
}

TEST(Score, grades_begin_at_their_thresholds) {
  const Thresholds thresholds;
  EXPECT_EQ(grade_of(0.3499, thresholds), Grade::none);
  EXPECT_EQ(grade_of(0.35, thresholds), Grade::notice);
  EXPECT_EQ(grade_of(0.60, thresholds), Grade::step_up);
  EXPECT_EQ(grade_of(0.85, thresholds), Grade::restrict_to);
  EXPECT_EQ(grade_of(0.97, thresholds), Grade::refuse);
  EXPECT_EQ(grade_name(Grade::restrict_to), "restrict");
}

TEST(Score, tenants_set_weights_and_zero_switches_off) {
  Settings settings;
  settings.weights.set(unfamiliar_device, 0);
  settings.weights.set(new_country, 7);
  EXPECT_EQ(settings.weights.of(new_country), 1);
  Evidence evidence = at_home();
  evidence.known_device = false;
  EXPECT_EQ(assess(evidence, {}, month_at_home(), settings).find(unfamiliar_device), nullptr);
}

TEST(Findings, have_stable_and_different_reasons) {
  std::set<std::string_view> reasons;
  for (const FindingRow& row : finding_rows()) reasons.insert(row.reason);
  EXPECT_EQ(reasons.size(), kFindingKinds);
  EXPECT_EQ(row_of(tor_exit).reason, "network.tor_exit");
  EXPECT_EQ(row_of(split_round_trip).family, Family::relay);
}

TEST(Assess, an_ordinary_day_at_home_finds_nothing) {
  const auto day = judge(at_home(), {seen(home(), 2 * kHour)}, {seen(home(), 60, kLaptop)});
  EXPECT_TRUE(day.findings.empty()) << day.explanation();
}

TEST(Assess, a_stolen_password_from_another_continent_is_stopped_and_explained) {
  Evidence evidence = from(tokyo());
  evidence.here.device = kStranger;
  evidence.known_device = false;
  const auto theft = judge(evidence, {seen(home(), 2 * kHour)});
  EXPECT_GE(theft.grade, Grade::step_up);
  EXPECT_THAT(theft.explanation(), HasSubstr("km away 2 h earlier"));
  EXPECT_THAT(theft.explanation(), HasSubstr("has not connected from JP"));
}

TEST(Assess, is_deterministic) {
  const Evidence evidence = from(tokyo());
  EXPECT_EQ(judge(evidence).explanation(), judge(evidence).explanation());
}

TEST(Finding, names_an_autonomous_system_only_when_it_is_known) {
  Finding unknown;
  unknown.kind = FindingKind::listed_vpn;
  unknown.add("as_number", 0);
  EXPECT_EQ(unknown.words(), "The address is a VPN exit.");
  Finding known;
  known.kind = FindingKind::listed_vpn;
  known.add("as_number", 64'500);
  EXPECT_EQ(known.words(), "The address is a VPN exit (AS64500).");
}

}  // namespace
}  // namespace conclave::signals::test
