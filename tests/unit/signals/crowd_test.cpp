#include "policies/signals/crowd.hpp"

#include <gtest/gtest.h>

#include <random>

#include "policies/signals/assess.hpp"

namespace conclave::signals {
namespace {

// Confidence of a finding; 0 when it is not there.
double sure_of(FindingKind kind, const CrowdFacts& facts, const CrowdRules& rules = {}) {
  for (const Finding& finding : look_at_crowd(facts, rules)) {
    if (finding.kind == kind) return finding.confidence;
  }
  return 0;
}
double stuffing(const NetworkCrowd& block, const NetworkCrowd& system = {}) {
  return sure_of(FindingKind::credential_stuffing, {block, system, 0, {}});
}
double registration(const NetworkCrowd& block, const NetworkCrowd& system = {}) {
  return sure_of(FindingKind::mass_registration, {block, system, 0, {}});
}
double automation(const std::vector<std::int64_t>& gaps) {
  return sure_of(FindingKind::automated_attempts, {{}, {}, 0, gaps});
}

TEST(CrowdTest, nothing_is_found_of_nobody) {
  EXPECT_TRUE(look_at_crowd({}, {}).empty());
}

TEST(CrowdTest, many_accounts_that_only_failed_are_a_list_being_tried) {
  EXPECT_EQ(stuffing({.tried = 9, .enrolled = 1}), 0);
  EXPECT_NEAR(stuffing({.tried = 10, .enrolled = 1}), 0.8, 1e-9);
  EXPECT_NEAR(stuffing({.tried = 30, .enrolled = 1}), 1, 1e-9);
  EXPECT_NEAR(stuffing({.tried = 3'000, .enrolled = 20}), 1, 1e-9);
}

TEST(CrowdTest, where_most_people_come_in_some_mistype) {
  EXPECT_EQ(stuffing({.tried = 20, .enrolled = 0, .known = 20}), 0);
  EXPECT_EQ(stuffing({.tried = 40, .enrolled = 0, .known = 200}), 0);
  EXPECT_EQ(stuffing({.tried = 20, .enrolled = 20}), 0);
  const double half = stuffing({.tried = 30, .enrolled = 0, .known = 18});
  EXPECT_GT(half, 0);
  EXPECT_LT(half, 0.6);
}

TEST(CrowdTest, an_autonomous_system_is_five_times_as_large) {
  EXPECT_EQ(stuffing({.tried = 5}, {.tried = 49}), 0);
  EXPECT_GT(stuffing({.tried = 5}, {.tried = 50}), 0.7);
  EXPECT_EQ(registration({.enrolled = 5}, {.enrolled = 99}), 0);
  EXPECT_GT(registration({.enrolled = 5}, {.enrolled = 100}), 0.7);
}

TEST(CrowdTest, many_new_devices_are_registered_by_the_dozen) {
  EXPECT_EQ(registration({.enrolled = 19}), 0);
  EXPECT_NEAR(registration({.enrolled = 20}), 0.8, 1e-9);
  EXPECT_NEAR(registration({.enrolled = 60}), 1, 1e-9);
}

TEST(CrowdTest, newcomers_among_people_who_come_in_as_ever_are_none) {
  EXPECT_EQ(registration({.enrolled = 40, .known = 40}), 0);
  EXPECT_EQ(registration({.enrolled = 100, .known = 900}), 0);
  EXPECT_GT(registration({.enrolled = 40, .known = 2}), 0.8);
}

TEST(CrowdTest, one_hardware_is_not_many_peoples) {
  const auto sure = [](std::int64_t accounts) {
    return sure_of(FindingKind::mass_registration, {{}, {}, accounts, {}});
  };
  EXPECT_EQ(sure(3), 0);
  EXPECT_NEAR(sure(4), 0.8, 1e-9);
  EXPECT_NEAR(sure(12), 1, 1e-9);
  const auto found = look_at_crowd({{.enrolled = 2}, {}, 5, {}}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().number("accounts"), 5);
}

TEST(CrowdTest, thresholds_are_the_policys) {
  const CrowdRules early{.accounts_tried = 3, .accounts_enrolled = 3, .accounts_per_device = 2};
  EXPECT_GT(sure_of(FindingKind::credential_stuffing, {{.tried = 3}, {}, 0, {}}, early), 0.7);
  EXPECT_GT(sure_of(FindingKind::mass_registration, {{.enrolled = 3}, {}, 0, {}}, early), 0.7);
  EXPECT_GT(sure_of(FindingKind::mass_registration, {{}, {}, 2, {}}, early), 0.7);
}

TEST(CrowdTest, an_even_beat_and_great_haste_are_a_programs) {
  EXPECT_NEAR(automation(std::vector<std::int64_t>(8, 5'000)), 1, 1e-9);
  EXPECT_NEAR(automation({5'000, 5'200, 4'900, 5'050, 4'950, 5'100, 5'000, 4'850}), 1, 1e-9);
  EXPECT_NEAR(automation({20, 300, 10, 60, 90, 15, 200, 30, 120}), 1, 1e-9);
  EXPECT_EQ(automation(std::vector<std::int64_t>(7, 5'000)), 0);
}

TEST(CrowdTest, many_people_behind_one_address_arrive_at_random) {
  // Poisson with a mean of six seconds, which is a busy carrier: drawn a thousand times.
  std::mt19937 drawn(7);
  std::exponential_distribution<double> arrival(1 / 6'000.0);
  int suspected = 0;
  for (int i = 0; i < 1'000; ++i) {
    std::vector<std::int64_t> gaps;
    for (int gap = 0; gap < 16; ++gap) gaps.push_back(static_cast<std::int64_t>(arrival(drawn)));
    if (automation(gaps) > 0.3) ++suspected;
  }
  EXPECT_LE(suspected, 2);
}

TEST(CrowdTest, one_sign_asks_for_a_factor_and_several_are_a_machine) {
  const auto grade = [](const CrowdFacts& facts) {
    return combine(look_at_crowd(facts, {}), {}).grade;
  };
  const std::vector<std::int64_t> even(12, 2'000);
  EXPECT_EQ(grade({{.tried = 10}, {}, 0, {}}), Grade::step_up);
  EXPECT_EQ(grade({{.tried = 500}, {}, 0, {}}), Grade::step_up);
  EXPECT_EQ(grade({{.enrolled = 500}, {}, 0, {}}), Grade::step_up);
  EXPECT_EQ(grade({{}, {}, 0, even}), Grade::step_up);
  EXPECT_EQ(grade({{.tried = 500}, {}, 0, even}), Grade::refuse);
  EXPECT_EQ(grade({{.enrolled = 500}, {}, 0, even}), Grade::refuse);
}

TEST(CrowdTest, tells_people_what_was_counted) {
  const auto found = look_at_crowd({{.tried = 30}, {}, 0, {}}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().reason(), "crowd.credential_stuffing");
  EXPECT_NE(found.front().words().find("30 accounts"), std::string::npos);
}

}  // namespace
}  // namespace conclave::signals
