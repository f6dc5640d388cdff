#include <gtest/gtest.h>

#include "tests/unit/signals/cases.hpp"

namespace conclave::signals::test {
namespace {

using enum FindingKind;

double found(const Evidence& evidence, FindingKind kind) {
  return confidence(judge(evidence), kind);
}

Evidence with_fix(NetworkFacts network, Point point, std::int64_t age_s = 60) {
  Evidence evidence = from(std::move(network));
  evidence.here.fix = DeviceFix{{point, 0.1}, age_s};
  return evidence;
}

TEST(Fix, far_from_its_address_is_found) {
  EXPECT_GT(found(with_fix(tokyo(), kBerlin), fix_against_address), 0.9);
  EXPECT_EQ(found(with_fix(home(), {52.4, 13.0}), fix_against_address), 0);
  EXPECT_EQ(found(with_fix(tokyo(), kBerlin, 7 * kHour), fix_against_address), 0) << "too old";
  EXPECT_EQ(found(with_fix(tokyo(), {200, 13}), fix_against_address), 0) << "no place";
}

TEST(Fix, roaming_phones_have_addresses_of_home) {
  Evidence evidence = with_fix(tokyo(), kBerlin);
  evidence.here.access = AccessType::cellular;
  EXPECT_LT(found(evidence, fix_against_address), 0.2);
}

TEST(RoundTrip, faster_than_light_is_found) {
  Evidence evidence = from(tokyo());
  evidence.server = kFrankfurt;
  evidence.path.tcp_round_trip_ms = 20;
  EXPECT_GT(found(evidence, round_trip_too_short), 0.9);
  evidence.path.tcp_round_trip_ms = 92;
  EXPECT_EQ(found(evidence, round_trip_too_short), 0) << "9,300 km need 91 ms";
  evidence.path.tcp_round_trip_ms = 20;
  evidence.server.reset();
  EXPECT_EQ(found(evidence, round_trip_too_short), 0);
}

TEST(RoundTrip, satellites_are_faster_than_fibre) {
  Evidence evidence = from(tokyo());
  evidence.server = kFrankfurt;
  evidence.path.tcp_round_trip_ms = 70;
  EXPECT_GT(found(evidence, round_trip_too_short), 0.3);
  evidence.here.access = AccessType::satellite;
  EXPECT_EQ(found(evidence, round_trip_too_short), 0) << "9,300 km of vacuum need 62 ms";
}

TEST(RoundTrip, refutes_a_forged_fix) {
  Evidence evidence = with_fix(home(), kTokyo);
  evidence.server = kFrankfurt;
  evidence.path.application_round_trip_ms = 15;
  HabitProfile none;
  EXPECT_GT(confidence(judge(evidence, {}, {}, none), round_trip_too_short), 0.9);
}

TEST(Clock, is_held_against_country_and_longitude) {
  Evidence evidence = from(tokyo());
  evidence.utc_offset_minutes = 540;
  EXPECT_EQ(found(evidence, time_zone_against_place), 0);
  evidence.utc_offset_minutes = -300;
  EXPECT_GT(found(evidence, time_zone_against_place), 0.9);
  Evidence siberia = from(network("RU", {62, 129.7}, 12389));
  siberia.utc_offset_minutes = 180;
  EXPECT_GT(found(siberia, time_zone_against_place), 0.3) << "Moscow's time in Yakutsk";
  siberia.utc_offset_minutes = 540;
  EXPECT_EQ(found(siberia, time_zone_against_place), 0);
}

TEST(Clock, travellers_keep_the_time_of_home) {
  Evidence evidence = from(tokyo());
  const double known = found(evidence, time_zone_against_place);
  evidence.known_device = false;
  EXPECT_GT(found(evidence, time_zone_against_place), 2 * known);
}

TEST(Clock, the_date_line_is_no_difference) {
  Evidence evidence = from(network("FJ", {-18.1, -179.8}, 9241));
  evidence.utc_offset_minutes = 720;
  EXPECT_EQ(found(evidence, time_zone_against_place), 0);
}

TEST(Locale, says_little_and_nothing_in_a_usual_country) {
  Evidence evidence = from(tokyo());
  evidence.locale_region = CountryCode::of("DE");
  evidence.known_device = false;
  EXPECT_GT(found(evidence, locale_against_place), 0.9);
  evidence.locale_region = CountryCode::of("US");
  EXPECT_LT(found(evidence, locale_against_place), 0.35);
  evidence.locale_region = CountryCode::of("JP");
  EXPECT_EQ(found(evidence, locale_against_place), 0);
  Evidence expatriate = at_home();
  expatriate.locale_region = CountryCode::of("JP");
  EXPECT_EQ(found(expatriate, locale_against_place), 0);
}

TEST(SecondNetwork, shows_what_a_relay_hides) {
  Evidence evidence = from(network("JP", kTokyo, 4713, {Trait::vpn}));
  evidence.second = network("US", {40.7, -74}, 701);
  EXPECT_GT(found(evidence, second_network_against_first), 0.9);
  evidence.second = tokyo();
  EXPECT_EQ(found(evidence, second_network_against_first), 0);
}

TEST(SecondNetwork, the_carrier_at_home_is_no_contradiction) {
  Evidence evidence = from(tokyo());
  evidence.second = network("DE", kBerlin, 3209, {Trait::mobile});
  EXPECT_LT(found(evidence, second_network_against_first), 0.25);
}

TEST(Peers, hold_a_fix_against_their_own) {
  Evidence evidence = with_fix(tokyo(), {35.7, 139.7});
  evidence.peers = PeerFacts{9, {kBerlin, 10}};
  EXPECT_GT(found(evidence, peers_against_place), 0.7);
  evidence.peers->place = {kTokyo, 10};
  EXPECT_EQ(found(evidence, peers_against_place), 0);
  evidence.peers = PeerFacts{2, {kBerlin, 10}};
  EXPECT_EQ(found(evidence, peers_against_place), 0);
}

}  // namespace
}  // namespace conclave::signals::test
