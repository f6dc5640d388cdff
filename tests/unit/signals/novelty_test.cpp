#include <gtest/gtest.h>

#include <cmath>

#include "policies/signals/errors.hpp"
#include "tests/unit/signals/cases.hpp"

namespace conclave::signals::test {
namespace {

using enum FindingKind;

TEST(Novelty, a_country_is_new_once) {
  EXPECT_GT(confidence(judge(from(tokyo())), new_country), 0.45);
  HabitProfile habit = month_at_home();
  habit.learn(from(tokyo()));
  EXPECT_LT(confidence(judge(from(tokyo()), {}, {}, habit), new_country), 0.3);
}

TEST(Novelty, a_known_device_vouches_a_little) {
  Evidence evidence = from(tokyo());
  evidence.known_device = false;
  EXPECT_GT(confidence(judge(evidence), new_country),
            confidence(judge(from(tokyo())), new_country));
  EXPECT_GT(confidence(judge(evidence), unfamiliar_device), 0.9);
  EXPECT_EQ(confidence(judge(from(tokyo())), unfamiliar_device), 0);
}

TEST(Novelty, nothing_is_new_to_a_profile_that_knows_nothing) {
  Evidence evidence = from(tokyo());
  evidence.known_device = false;
  const auto first = judge(evidence, {}, {}, HabitProfile());
  for (FindingKind kind : {new_country, rare_network, unfamiliar_device}) {
    EXPECT_EQ(confidence(first, kind), 0) << row_of(kind).reason;
  }
}

TEST(Novelty, a_network_in_the_own_town_is_less_strange) {
  Evidence cafe = from(network("DE", kBerlin, 64500));
  Evidence elsewhere = from(network("DE", kMunich, 64500));
  EXPECT_GT(confidence(judge(cafe), rare_network), 0.2);
  EXPECT_GT(confidence(judge(elsewhere), rare_network), confidence(judge(cafe), rare_network));
}

TEST(Novelty, the_country_of_a_relay_is_nobodys) {
  EXPECT_EQ(confidence(judge(from(network("JP", kTokyo, 4713, {Trait::vpn}))), new_country), 0);
  EXPECT_EQ(
      confidence(judge(from(network("JP", kTokyo, 4713, {Trait::tenant_egress}))), rare_network),
      0);
}

TEST(Habit, fades_by_half_in_sixty_days) {
  HabitProfile habit;
  habit.learn(at_home());
  const CountryCode germany = CountryCode::of("DE");
  EXPECT_NEAR(habit.country(germany, kNow), 0.5, 0.001) << "one day";
  EXPECT_NEAR(habit.country(germany, kNow + 60 * kDay), 1 - std::exp2(-0.5), 0.001);
  EXPECT_LT(habit.country(germany, kNow + 400 * kDay), 0.01);
}

TEST(Habit, many_connections_of_a_day_teach_no_more_than_one) {
  HabitProfile once;
  HabitProfile often;
  once.learn(at_home());
  for (int i = 0; i < 1'000; ++i) often.learn(at_home());
  EXPECT_EQ(once, often);
}

TEST(Habit, a_clock_that_goes_back_changes_nothing) {
  HabitProfile habit = month_at_home();
  const double before = habit.country(CountryCode::of("DE"), kNow);
  Evidence old = at_home();
  old.here.at_s = 0;
  habit.learn(old);
  EXPECT_NEAR(habit.country(CountryCode::of("DE"), kNow), before, 1e-9);
}

TEST(Habit, relays_are_a_habit_of_their_own_and_teach_no_country) {
  HabitProfile habit;
  habit.learn(from(network("JP", kTokyo, 4713, {Trait::vpn})));
  EXPECT_EQ(habit.country(CountryCode::of("JP"), kNow), 0);
  EXPECT_NEAR(habit.relays(kNow), 0.5, 0.001);
  EXPECT_EQ(habit.near(kTokyo, kNow), 0);
}

TEST(Habit, forgets_the_weakest_when_it_is_full) {
  HabitProfile habit = month_at_home();
  for (std::uint32_t i = 0; i < 100; ++i) {
    Evidence evidence = from(network("DE", kBerlin, 64'000 + i));
    evidence.here.at_s = kNow + i * kDay;
    habit.learn(evidence);
  }
  EXPECT_GT(habit.network(kHomeAs, kNow + 100 * kDay), 0.8);
  EXPECT_EQ(habit.network(64'000, kNow + 100 * kDay), 0);
  EXPECT_LT(habit.encode().size(), 480U);
}

TEST(Habit, comes_back_from_its_bytes) {
  const HabitProfile habit = month_at_home();
  const auto decoded = HabitProfile::decode(habit.encode());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->encode(), habit.encode());
  EXPECT_NEAR(decoded->country(CountryCode::of("DE"), kNow),
              habit.country(CountryCode::of("DE"), kNow), 0.001);
  EXPECT_LT(habit.encode().size(), 100U);
}

TEST(Habit, refuses_a_newer_version_and_damaged_bytes) {
  Bytes bytes = month_at_home().encode();
  for (std::size_t keep = 0; keep < bytes.size(); ++keep) {
    EXPECT_FALSE(HabitProfile::decode(ByteView(bytes).first(keep))) << keep;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_TRUE(HabitProfile::decode(longer).error().is(kProfileMalformed));
  bytes[0] = HabitProfile::kVersion + 1;
  const auto newer = HabitProfile::decode(bytes);
  ASSERT_FALSE(newer);
  EXPECT_TRUE(newer.error().is(kProfileNewer));
  bytes[0] = 0;
  EXPECT_TRUE(HabitProfile::decode(bytes).error().is(kProfileMalformed));
}

}  // namespace
}  // namespace conclave::signals::test
