#include <gtest/gtest.h>

#include "tests/unit/signals/cases.hpp"

namespace conclave::signals::test {
namespace {

using enum FindingKind;

double travel(const NetworkFacts& before, std::int64_t seconds_ago, const NetworkFacts& now,
              base::DeviceId device = kPhone) {
  return confidence(judge(from(now), {seen(before, seconds_ago, device)}), impossible_travel);
}

TEST(Travel, berlin_to_tokyo_takes_ten_hours) {
  EXPECT_GT(travel(home(), 1 * kHour, tokyo()), 0.9);
  EXPECT_GT(travel(home(), 8 * kHour, tokyo()), 0.4);
  EXPECT_EQ(travel(home(), 10 * kHour, tokyo()), 0);
}

TEST(Travel, the_tenants_speed_counts) {
  Settings fast;
  fast.travel_kmh = 2'000;
  const std::vector<Sighting> before{seen(home(), 6 * kHour)};
  EXPECT_EQ(assess(from(tokyo()), {before, {}}, month_at_home(), fast).find(impossible_travel),
            nullptr);
  EXPECT_GT(travel(home(), 6 * kHour, tokyo()), 0.4);
}

TEST(Travel, a_town_nearby_is_no_journey) {
  EXPECT_EQ(travel(home(), 60, network("DE", {52.4, 13.06}, 3320)), 0) << "Potsdam";
  EXPECT_EQ(travel(home(), 1 * kHour, network("PL", {52.41, 16.93}, 5617)), 0)
      << "Poznan, 240 km, discs of 30 km: by train";
}

TEST(Travel, wide_discs_make_less_certain) {
  const double narrow = travel(home(), kHour, network("JP", kTokyo, 4713, {}, 30));
  const double wide = travel(home(), kHour, network("JP", kTokyo, 4713, {}, 2'000));
  EXPECT_GT(narrow, wide);
  EXPECT_GT(wide, 0);
}

TEST(Travel, without_a_place_the_country_counts) {
  NetworkFacts japan = tokyo();
  japan.place.reset();
  EXPECT_GT(travel(home(), kHour, japan), 0.8);
  NetworkFacts poland = network("PL", {52, 19}, 5617);
  poland.place.reset();
  EXPECT_EQ(travel(home(), kHour, poland), 0) << "the discs of the countries touch";
}

TEST(Travel, relays_and_placeless_networks_are_nowhere) {
  for (Trait trait : {Trait::vpn, Trait::proxy, Trait::tor, Trait::hosting, Trait::satellite,
                      Trait::shared_egress, Trait::tenant_egress}) {
    EXPECT_EQ(travel(home(), kHour, network("JP", kTokyo, 4713, {trait})), 0);
    EXPECT_EQ(travel(network("JP", kTokyo, 4713, {trait}), kHour, home()), 0);
  }
}

TEST(Travel, carriers_are_wide) {
  EXPECT_EQ(travel(home(), 60, network("DE", kMunich, 3209, {Trait::carrier_nat})), 0)
      << "500 km, and a carrier's address may be anywhere in the country";
}

TEST(Travel, another_device_says_less_and_one_that_nobody_touches_little) {
  const double own = travel(home(), kHour, tokyo());
  const double other = travel(home(), kHour, tokyo(), kLaptop);
  Sighting idle = seen(home(), kHour, kLaptop);
  idle.attended = false;
  const double untouched = confidence(judge(from(tokyo()), {idle}), impossible_travel);
  EXPECT_GT(own, other);
  EXPECT_GT(other, untouched);
  EXPECT_LT(untouched, 0.25);
}

TEST(Travel, within_a_country_the_database_is_often_to_blame) {
  const double domestic =
      travel(network("US", {40.7, -74}, 701), kHour, network("US", {34.05, -118.2}, 7018));
  EXPECT_GT(domestic, 0.4);
  EXPECT_LE(domestic, 0.5);
}

TEST(Travel, a_network_of_every_day_does_not_move) {
  EXPECT_LT(travel(tokyo(), kHour, home()), 0.25);
}

TEST(Travel, fixes_of_a_known_device_weaken_a_jump_and_do_not_silence_it) {
  Evidence evidence = from(tokyo());
  evidence.here.fix = DeviceFix{{kBerlin, 0.05}, 60};
  Sighting before = seen(home(), kHour);
  before.fix = DeviceFix{{kBerlin, 0.05}, 60};
  const double explained = confidence(judge(evidence, {before}), impossible_travel);
  EXPECT_GT(explained, 0.2);
  EXPECT_LT(explained, 0.5);
  evidence.known_device = false;
  EXPECT_GT(confidence(judge(evidence, {before}), impossible_travel), 0.9);
}

TEST(Travel, roaming_leaves_through_the_carrier_at_home) {
  HabitProfile habit = month_at_home();
  Sighting on_cell = seen(home(), kHour);
  on_cell.access = AccessType::cellular;
  const auto known = judge(from(tokyo()), {on_cell}, {}, habit);
  EXPECT_LT(confidence(known, impossible_travel), 0.15);
  Evidence stranger = from(tokyo());
  stranger.known_device = false;
  EXPECT_GT(confidence(judge(stranger, {on_cell}, {}, habit), impossible_travel), 0.9);
}

TEST(Travel, a_place_that_light_refutes_is_the_databases_error) {
  Evidence evidence = from(tokyo());
  evidence.server = kFrankfurt;
  evidence.path.tcp_round_trip_ms = 12;
  EXPECT_EQ(confidence(judge(evidence, {seen(home(), kHour)}), impossible_travel), 0);
  evidence.path.tcp_round_trip_ms = 240;
  EXPECT_GT(confidence(judge(evidence, {seen(home(), kHour)}), impossible_travel), 0.9);
}

TEST(Travel, enough_colleagues_on_the_network_say_where_it_is) {
  Evidence evidence = from(tokyo());
  evidence.peers = PeerFacts{5, {kBerlin, 10}};
  EXPECT_EQ(confidence(judge(evidence, {seen(home(), kHour)}), impossible_travel), 0);
  evidence.peers->people = 2;
  EXPECT_GT(confidence(judge(evidence, {seen(home(), kHour)}), impossible_travel), 0.9);
}

TEST(Travel, the_way_is_told_with_its_numbers) {
  const auto theft = judge(from(tokyo()), {seen(home(), 2 * kHour)});
  const Finding* finding = theft.find(impossible_travel);
  ASSERT_NE(finding, nullptr);
  EXPECT_NEAR(finding->number("distance_km"), 8'860, 40);
  EXPECT_NEAR(finding->number("hours"), 2, 0.01);
  EXPECT_NEAR(finding->number("least_hours"), 9.8, 0.2);
}

TEST(FarApart, two_devices_in_use_at_once) {
  const auto both = judge(from(tokyo()), {}, {seen(home(), 60, kLaptop)});
  EXPECT_GT(confidence(both, far_apart_devices), 0.9);
  Sighting idle = seen(home(), 60, kLaptop);
  idle.attended = false;
  EXPECT_LT(confidence(judge(from(tokyo()), {}, {idle}), far_apart_devices), 0.25);
  const auto earlier = judge(from(tokyo()), {}, {seen(home(), 2 * kHour, kLaptop)});
  EXPECT_LT(confidence(earlier, far_apart_devices), 0.25) << "connected, but not in use";
}

TEST(FarApart, one_device_is_not_apart_from_itself_and_neighbours_are_near) {
  EXPECT_EQ(confidence(judge(from(tokyo()), {}, {seen(home(), 60)}), far_apart_devices), 0);
  const auto hamburg = judge(from(network("DE", kHamburg, 3209)), {}, {seen(home(), 60, kLaptop)});
  EXPECT_EQ(confidence(hamburg, far_apart_devices), 0);
}

}  // namespace
}  // namespace conclave::signals::test
