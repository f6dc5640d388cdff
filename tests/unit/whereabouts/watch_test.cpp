#include "runtime/whereabouts/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hsm/api/errors.hpp"
#include "tests/support/chat_world.hpp"
#include "tests/unit/evidence/scratch.hpp"

namespace conclave::whereabouts {
namespace {

using conclave::testing::ChatWorld;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = evidence::SourceFile::Kind;
using signals::FindingKind;
using signals::Trait;

constexpr UserId kAnn{11};
constexpr DeviceId kPhone{300};
constexpr std::string_view kLondon = "81.2.69.142";  // of GeoLite2-City-Test.mmdb
constexpr std::string_view kSweden = "89.160.20.112";

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    scratch.write("exits.txt", "81.2.69.160/27\n");
    scratch.write("tor.txt", "89.160.20.128/25\n");
    sources.emplace(std::vector<evidence::SourceFile>{
                        {Kind::database, evidence::test::sample("GeoLite2-City-Test.mmdb"), {}},
                        {Kind::list, scratch / "exits.txt", {Trait::vpn}},
                        {Kind::list, scratch / "tor.txt", {Trait::tor}}},
                    world.clock);
    sources->reload();
    start();
  }

  void start() {
    watch.reset();
    watch.emplace(Watch::Parts{*sources, *world.states, world.clock, signals::Point{50.11, 8.68},
                               [this](TenantId) -> const policy::Policy& { return policy; },
                               {}});
  }

  Input input(std::string_view address, DeviceId device = kPhone) {
    Input out;
    out.tenant = ChatWorld::kTenant;
    out.user = kAnn;
    out.device = device;
    out.address = network::Address::parse(address);
    return out;
  }
  void advance(std::int64_t ms) {
    world.clock.utc += ms;
    world.clock.monotonic += ms;
  }
  static Task<bool> ended(Task<void> task) {
    co_await std::move(task);
    co_return true;
  }
  void finish(Task<void> task) { EXPECT_TRUE(world.wait(ended(std::move(task)))); }
  Observation sign_in(const Input& in, Lesson lesson = Lesson::sure) {
    EXPECT_TRUE(world.wait(watch->prepare(in.tenant, in.user)));
    Observation seen = watch->observe(in);
    watch->learn(in.tenant, in.user, seen, lesson);
    return seen;
  }
  void settle(int days) {  // signs in from London every day
    for (int day = 0; day < days; ++day) {
      sign_in(input(kLondon));
      advance(Kept::kDay * 1'000);
    }
  }
  static const policy::FindingFacts* find(const Observation& seen, FindingKind kind) {
    for (const auto& finding : seen.findings)
      if (finding.kind == kind) return &finding;
    return nullptr;
  }

  ChatWorld world;
  identity::Actor ann = world.person(kAnn.value);
  evidence::test::Scratch scratch;
  std::optional<evidence::Sources> sources;
  policy::Policy policy;
  std::optional<Watch> watch;
};

TEST_F(WatchTest, tells_place_country_and_lists_of_an_address) {
  const Observation seen = watch->observe(input(kLondon));
  EXPECT_EQ(seen.place, "London, GB");
  EXPECT_EQ(seen.network.country, "GB");
  EXPECT_THAT(seen.network.listed, IsEmpty());
  const Observation exit = watch->observe(input("81.2.69.160"));
  ASSERT_THAT(exit.network.listed, SizeIs(1));
  EXPECT_EQ(exit.network.listed[0].kind, policy::Listed::vpn);
  EXPECT_EQ(exit.network.listed[0].list, "exits");
  EXPECT_NE(find(exit, FindingKind::listed_vpn), nullptr);
}

TEST_F(WatchTest, works_with_nothing_known) {
  evidence::Sources none({}, world.clock);
  Watch bare({none, *world.states, world.clock, std::nullopt,
              [this](TenantId) -> const policy::Policy& { return policy; },
              {}});
  EXPECT_THAT(bare.observe(input(kLondon)).findings, IsEmpty());
  Input unknown = input(kLondon);
  unknown.address.reset();
  EXPECT_EQ(bare.observe(unknown).place, "");
}

TEST_F(WatchTest, a_jump_between_countries_is_found_from_what_was_learnt) {
  settle(10);
  advance(-Kept::kDay * 1'000 + 60'000);
  const Observation seen = watch->observe(input(kSweden));
  EXPECT_TRUE(seen.known_device);
  const auto* travel = find(seen, FindingKind::impossible_travel);
  ASSERT_NE(travel, nullptr);
  EXPECT_GT(travel->confidence, 30);
  EXPECT_FALSE(travel->detail.empty());
}

TEST_F(WatchTest, the_policys_speed_decides_what_is_impossible) {
  settle(10);
  advance(-Kept::kDay * 1'000 + 3'600'000);
  EXPECT_NE(find(watch->observe(input(kSweden)), FindingKind::impossible_travel), nullptr);
  policy.location.travel_kmh = 4'000;
  EXPECT_EQ(find(watch->observe(input(kSweden)), FindingKind::impossible_travel), nullptr);
}

TEST_F(WatchTest, a_device_is_unfamiliar_until_somebody_vouches) {
  settle(10);
  const DeviceId fresh{301};
  EXPECT_NE(find(sign_in(input(kLondon, fresh)), FindingKind::unfamiliar_device), nullptr);
  sign_in(input(kLondon, fresh), Lesson::proven);
  EXPECT_EQ(find(watch->observe(input(kLondon, fresh)), FindingKind::unfamiliar_device), nullptr);
}

TEST_F(WatchTest, what_was_learnt_survives_a_restart_sealed) {
  settle(10);
  finish(watch->stop());
  bool stored = false;
  for (const auto& transaction : world.store.log) {
    for (const auto& write : transaction) {
      const auto* put = std::get_if<store::PutUserState>(&write);
      stored |= put != nullptr && put->row.key == "location.kept" && !put->row.value_sealed.empty();
    }
  }
  EXPECT_TRUE(stored);
  start();
  EXPECT_FALSE(watch->observe(input(kLondon)).known_device) << "nothing is opened yet";
  ASSERT_TRUE(world.wait(watch->prepare(ChatWorld::kTenant, kAnn)));
  EXPECT_TRUE(watch->observe(input(kLondon)).known_device);
}

TEST_F(WatchTest, stores_once_after_a_while_and_not_at_each_sign_in) {
  const auto before = world.store.log.size();
  for (int i = 0; i < 20; ++i) sign_in(input(kLondon));
  finish(watch->upkeep());
  EXPECT_EQ(world.store.log.size(), before);
  advance(600'000);
  finish(watch->upkeep());
  finish(watch->upkeep());
  EXPECT_EQ(world.store.log.size(), before + 1);
}

TEST_F(WatchTest, a_token_that_is_away_leaves_what_the_network_says) {
  world.keys.broken = &hsm::api::kTokenUnavailable;
  const Observation seen = watch->observe(input(kLondon));
  EXPECT_EQ(seen.network.country, "GB");
}

TEST_F(WatchTest, a_fix_counts_only_with_consent) {
  ASSERT_TRUE(world.wait(watch->prepare(ChatWorld::kTenant, kAnn)));
  Input far = input(kLondon);
  far.claims.fix = signals::DeviceFix{{{-33.9, 151.2}, 0.1}, 10};
  EXPECT_EQ(find(watch->observe(far), FindingKind::fix_against_address), nullptr);
  watch->set_consent(ChatWorld::kTenant, kAnn, true);
  const Observation seen = watch->observe(far);
  EXPECT_TRUE(seen.location_consent);
  EXPECT_NE(find(seen, FindingKind::fix_against_address), nullptr);
  watch->learn(ChatWorld::kTenant, kAnn, seen, Lesson::sure);
  EXPECT_TRUE(watch->kept(ChatWorld::kTenant, kAnn)->sightings()[0].fix);
  watch->set_consent(ChatWorld::kTenant, kAnn, false);
  EXPECT_FALSE(watch->kept(ChatWorld::kTenant, kAnn)->sightings()[0].fix);
}

TEST_F(WatchTest, a_report_counts_for_hours_in_place_of_what_was_not_said) {
  ASSERT_TRUE(world.wait(watch->prepare(ChatWorld::kTenant, kAnn)));
  DeviceClaims claims;
  claims.access = policy::Access::gsm;
  watch->report(ChatWorld::kTenant, kAnn, kPhone, claims, std::nullopt);
  EXPECT_EQ(watch->observe(input(kLondon)).network.access, policy::Access::gsm);
  advance(7 * 3'600'000);
  EXPECT_EQ(watch->observe(input(kLondon)).network.access, policy::Access::unknown);
}

TEST_F(WatchTest, a_second_network_that_was_seen_counts_for_a_quarter_of_an_hour) {
  settle(10);
  watch->second_network(ChatWorld::kTenant, kAnn, kPhone, *network::Address::parse(kSweden));
  const auto kind = FindingKind::second_network_against_first;
  EXPECT_NE(find(watch->observe(input(kLondon)), kind), nullptr);
  advance(900'001);
  EXPECT_EQ(find(watch->observe(input(kLondon)), kind), nullptr);
}

TEST_F(WatchTest, within_the_own_network_round_trips_say_nothing) {
  Input inside = input("10.0.0.7");
  inside.path = {.tcp_round_trip_ms = 1, .application_round_trip_ms = 400, .mtu = 1500};
  EXPECT_EQ(find(watch->observe(inside), FindingKind::split_round_trip), nullptr);
  Input outside = input(kLondon);
  outside.path = inside.path;
  EXPECT_NE(find(watch->observe(outside), FindingKind::split_round_trip), nullptr);
}

TEST_F(WatchTest, a_carriers_address_is_radio_whatever_the_device_says) {
  scratch.write("mobile.txt", "81.2.69.0/24\n");
  evidence::Sources carriers({{Kind::list, scratch / "mobile.txt", {Trait::mobile}}}, world.clock);
  carriers.reload();
  Watch there({carriers, *world.states, world.clock, std::nullopt,
               [this](TenantId) -> const policy::Policy& { return policy; },
               {}});
  Input in = input(kLondon);
  in.claims.access = policy::Access::wifi;
  EXPECT_EQ(there.observe(in).network.access, policy::Access::cellular);
  in.claims.access = policy::Access::gsm;
  EXPECT_EQ(there.observe(in).network.access, policy::Access::gsm);
}

TEST_F(WatchTest, the_tenants_own_networks_are_no_relays) {
  policy.network.egress = policy::Origins::of({"81.2.69.160/27"});
  EXPECT_EQ(find(watch->observe(input("81.2.69.160")), FindingKind::rare_network), nullptr);
  EXPECT_TRUE(watch->observe(input("81.2.69.160")).evidence.here.network.traits.has(
      Trait::tenant_egress));
}

TEST_F(WatchTest, what_nobody_opens_expires_as_well) {
  ASSERT_TRUE(world.wait(watch->prepare(ChatWorld::kTenant, kAnn)));
  watch->set_consent(ChatWorld::kTenant, kAnn, true);
  Input here = input(kLondon);
  here.claims.fix = signals::DeviceFix{{{51.5, -0.1}, 0.1}, 10};
  sign_in(here);
  finish(watch->stop());
  Watch::Parts parts{*sources, *world.states, world.clock, std::nullopt,
                     [this](TenantId) -> const policy::Policy& { return policy; },
                     {}};
  parts.everybody = [] { return std::vector<Watch::PersonKey>{{ChatWorld::kTenant, kAnn}}; };
  watch.reset();
  watch.emplace(parts);
  watch->set_consent(ChatWorld::kTenant, kAnn, true);
  advance(8 * Kept::kDay * 1'000);
  const auto before = world.store.log.size();
  finish(watch->upkeep());
  EXPECT_EQ(world.store.log.size(), before + 1) << "without its fix";
  EXPECT_EQ(watch->people(), 0U) << "nobody needs it in memory";
  finish(watch->upkeep());
  EXPECT_EQ(world.store.log.size(), before + 1);
  advance(400 * Kept::kDay * 1'000);
  finish(watch->upkeep());
  ASSERT_TRUE(world.wait(watch->prepare(ChatWorld::kTenant, kAnn)));
  EXPECT_EQ(watch->kept(ChatWorld::kTenant, kAnn), nullptr);
}

TEST_F(WatchTest, erasing_leaves_nothing) {
  settle(10);
  finish(watch->stop());
  ASSERT_TRUE(world.wait(watch->erase(ChatWorld::kTenant, kAnn)));
  EXPECT_EQ(watch->kept(ChatWorld::kTenant, kAnn), nullptr);
  start();
  ASSERT_TRUE(world.wait(watch->prepare(ChatWorld::kTenant, kAnn)));
  EXPECT_EQ(watch->kept(ChatWorld::kTenant, kAnn), nullptr);
}

TEST(Lesson, follows_the_score_and_what_was_proven) {
  EXPECT_EQ(lesson_of(0, false), Lesson::sure);
  EXPECT_EQ(lesson_of(34, false), Lesson::sure);
  EXPECT_EQ(lesson_of(35, false), Lesson::noticed);
  EXPECT_EQ(lesson_of(80, true), Lesson::proven);
}

}  // namespace
}  // namespace conclave::whereabouts
