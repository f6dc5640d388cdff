#include <gtest/gtest.h>

#include "tests/unit/signals/cases.hpp"

namespace conclave::signals::test {
namespace {

using enum FindingKind;

TEST(Relays, each_list_has_its_finding) {
  struct Row {
    Trait trait;
    FindingKind kind;
  };
  for (const Row& row : {Row{Trait::vpn, listed_vpn}, Row{Trait::proxy, listed_proxy},
                         Row{Trait::tor, tor_exit}, Row{Trait::hosting, hosting_network}}) {
    const auto relay = judge(from(network("DE", kBerlin, 9009, {row.trait})));
    EXPECT_NEAR(confidence(relay, row.kind), 0.9, 0.001) << row_of(row.kind).reason;
    EXPECT_EQ(confidence(judge(at_home()), row.kind), 0) << row_of(row.kind).reason;
  }
}

TEST(Relays, what_the_tenant_vouches_for_is_no_relay) {
  const NetworkFacts own = network("DE", kBerlin, 9009, {Trait::vpn, Trait::tenant_egress});
  EXPECT_FALSE(own.is_relay());
  EXPECT_TRUE(network("DE", kBerlin, 9009, {Trait::vpn}).is_relay());
}

TEST(Relays, a_habit_on_a_known_device_says_little) {
  HabitProfile habit = month_at_home();
  const Evidence evidence = from(network("DE", kBerlin, 9009, {Trait::vpn}));
  for (int day = 10; day > 0; --day) {
    Evidence earlier = evidence;
    earlier.here.at_s = kNow - day * kDay;
    habit.learn(earlier);
  }
  EXPECT_LT(confidence(judge(evidence, {}, {}, habit), listed_vpn), 0.2);
  Evidence stranger = evidence;
  stranger.known_device = false;
  EXPECT_NEAR(confidence(judge(stranger, {}, {}, habit), listed_vpn), 0.9, 0.001);
}

TEST(Relays, packets_of_tunnels_are_known_by_their_size) {
  const auto at_mtu = [](std::uint32_t mtu, Traits traits = {}) {
    Evidence evidence = from(network("DE", kBerlin, kHomeAs, traits));
    evidence.path.mtu = mtu;
    return confidence(judge(evidence), tunnel_mtu);
  };
  EXPECT_EQ(at_mtu(0), 0);
  EXPECT_EQ(at_mtu(1'500), 0);
  EXPECT_EQ(at_mtu(1'492), 0) << "PPPoE hides nothing";
  EXPECT_NEAR(at_mtu(1'420), 0.9, 0.001) << "WireGuard";
  EXPECT_NEAR(at_mtu(1'280), 0.9, 0.001);
  EXPECT_LT(at_mtu(1'456), 0.3);
  EXPECT_GT(at_mtu(1'200), 0.6);
  EXPECT_LT(at_mtu(1'420, {Trait::mobile}), 0.2) << "radio networks have tunnels of their own";
  EXPECT_EQ(at_mtu(1'420, {Trait::tenant_egress}), 0);
}

TEST(Relays, a_short_tcp_round_trip_with_a_late_answer_is_split) {
  Evidence evidence = at_home();
  evidence.path = {12, 160, 1'500};
  EXPECT_GT(confidence(judge(evidence), split_round_trip), 0.9);
  evidence.path.application_round_trip_ms = 30;
  EXPECT_EQ(confidence(judge(evidence), split_round_trip), 0);
  evidence.path.application_round_trip_ms = 0;
  EXPECT_EQ(confidence(judge(evidence), split_round_trip), 0) << "not measured yet";
  evidence.path.application_round_trip_ms = 160;
  evidence.here.access = AccessType::satellite;
  EXPECT_EQ(confidence(judge(evidence), split_round_trip), 0) << "satellites split TCP themselves";
}

TEST(Relays, a_slow_answer_from_next_door_is_suspect) {
  Evidence evidence = at_home();
  evidence.server = kFrankfurt;
  evidence.path.tcp_round_trip_ms = 250;
  EXPECT_GT(confidence(judge(evidence), round_trip_too_long), 0.9);
  evidence.path.tcp_round_trip_ms = 60;
  EXPECT_EQ(confidence(judge(evidence), round_trip_too_long), 0);
  evidence.path.tcp_round_trip_ms = 600;
  EXPECT_EQ(confidence(judge(evidence), round_trip_too_long), 0) << "a geostationary satellite";
}

}  // namespace
}  // namespace conclave::signals::test
