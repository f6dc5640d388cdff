#include "runtime/admission/doorkeeper.hpp"

#include "runtime/admission/errors.hpp"
#include "runtime/base/encoding.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::admission {
namespace {

using identity::testing::TestDevice;
using identity::testing::World;

constexpr std::string_view kAnn = "ann@demo.example";

class DoorkeeperTest : public ::testing::Test {
 protected:
  World world;

  Result<SignedIn> enrol(const TestDevice& device) {
    return world.run(
        world.s->sign_in.enrol(world.enrol_request(device, std::string(kAnn)), World::loopback()));
  }
  Result<SignedIn> prove(const TestDevice& device, DeviceId id) {
    return world.run(world.s->sign_in.prove(world.prove_request(device, id, std::string(kAnn)),
                                            World::loopback()));
  }
  std::size_t devices() { return world.s->directory.devices_of(world.tenant, world.ann).size(); }
  std::size_t sessions() { return world.s->sessions.of_user(world.tenant, world.ann).size(); }
};

TEST_F(DoorkeeperTest, ARefusedNewcomerLeavesNothingBehind) {
  world.policy.devices.cap = 1;
  world.policy.devices.overflow = policy::Overflow::refuse;
  const TestDevice first;
  const TestDevice second;
  ASSERT_TRUE(enrol(first));
  const auto refused = enrol(second);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kNotAllowed));
  EXPECT_NE(refused.error().members().find("devices.cap_reached"), std::string_view::npos);
  EXPECT_EQ(devices(), 1U);
  EXPECT_EQ(sessions(), 1U);
}

// Many sign-ins at once, each in a coroutine of its own, interleaved at every suspension.
TEST_F(DoorkeeperTest, TheCapIsExactHoweverManySignInAtOnce) {
  constexpr int kDevices = 64;
  constexpr int kRounds = 50;
  constexpr std::size_t kCap = 3;
  std::vector<TestDevice> keys(kDevices);
  std::vector<DeviceId> ids;
  for (const TestDevice& key : keys) {
    const auto in = enrol(key);
    ASSERT_TRUE(in) << in.error().text();
    ids.push_back(in->actor.device);
    world.s->sessions.end_user(world.tenant, world.ann, identity::SessionEnd::signed_out);
  }
  world.policy.devices.cap = kCap;
  world.policy.devices.overflow = policy::Overflow::refuse;
  for (int round = 0; round < kRounds; ++round) {
    std::size_t inside = 0;
    int ended = 0;
    for (int i = 0; i < kDevices; ++i) {
      boost::asio::co_spawn(
          world.io,
          world.s->sign_in.prove(
              world.prove_request(keys[static_cast<std::size_t>(i)],
                                  ids[static_cast<std::size_t>(i)], std::string(kAnn)),
              World::loopback()),
          [&](std::exception_ptr error, Result<SignedIn> in) {
            if (error) std::rethrow_exception(error);
            ++ended;
            if (in) ++inside;
          });
    }
    while (ended < kDevices) {
      world.io.restart();
      auto work = boost::asio::make_work_guard(world.io);
      world.io.run_one();
    }
    EXPECT_EQ(inside, kCap);
    EXPECT_EQ(sessions(), kCap);
    world.s->sessions.end_user(world.tenant, world.ann, identity::SessionEnd::signed_out);
  }
}

TEST_F(DoorkeeperTest, NewcomersAtOnceTakeNoMorePlacesThanThereAre) {
  constexpr int kDevices = 16;
  world.policy.devices.cap = 2;
  world.policy.devices.overflow = policy::Overflow::refuse;
  std::vector<TestDevice> keys(kDevices);
  int ended = 0;
  for (const TestDevice& key : keys) {
    boost::asio::co_spawn(
        world.io,
        world.s->sign_in.enrol(world.enrol_request(key, std::string(kAnn)), World::loopback()),
        [&](std::exception_ptr error, const Result<SignedIn>&) {
          if (error) std::rethrow_exception(error);
          ++ended;
        });
  }
  while (ended < kDevices) {
    world.io.restart();
    auto work = boost::asio::make_work_guard(world.io);
    world.io.run_one();
  }
  EXPECT_LE(devices(), 2U);
  EXPECT_LE(sessions(), 2U);
  EXPECT_GE(sessions(), 1U);
}

TEST_F(DoorkeeperTest, APlaceWhoseRowCannotBeStoredIsGivenBack) {
  const TestDevice device;
  world.store.read_only = true;
  EXPECT_FALSE(enrol(device));
  EXPECT_EQ(sessions(), 0U);
  world.store.read_only = false;
  EXPECT_TRUE(enrol(device));
}

TEST_F(DoorkeeperTest, AnAdminWithoutAFactorIsRestricted) {
  world.policy.factors.demand = policy::Demand::always;
  const auto in = enrol(TestDevice());
  ASSERT_TRUE(in) << in.error().text();
  EXPECT_TRUE(in->actor.restricted);
  EXPECT_FALSE(in->methods.empty());
}

TEST_F(DoorkeeperTest, AFactorOpensTheDoorWithTheTicketOnce) {
  world.policy.factors.demand = policy::Demand::always;
  world.knowledge.factors = [](TenantId, UserId) {
    return policy::Words<policy::Factor>{policy::Factor::totp};
  };
  world.knowledge.verify = [](TenantId, UserId, DeviceId, Proof proof) -> Task<Result<void>> {
    if (proof.code != "287082") co_return fail(kFactorUnavailable);
    co_return Result<void>{};
  };
  const TestDevice device;
  const auto asked = enrol(device);
  ASSERT_FALSE(asked);
  ASSERT_TRUE(asked.error().is(kStepUpNeeded));
  EXPECT_EQ(devices(), 0U);
  const std::string members(asked.error().members());
  const std::size_t at = members.find("\"ticket\":\"") + 10;
  const auto ticket = base::base64url_decode(members.substr(at, members.find('"', at) - at));
  ASSERT_TRUE(ticket);
  auto& door = world.s->doorkeeper;
  const auto wrong =
      world.run(door.step_up(*ticket, {policy::Factor::totp, "000000", {}}, World::loopback()));
  EXPECT_TRUE(wrong.error().is(kFactorUnavailable));
  const auto in =
      world.run(door.step_up(*ticket, {policy::Factor::totp, "287082", {}}, World::loopback()));
  ASSERT_TRUE(in) << in.error().text();
  EXPECT_EQ(devices(), 1U);
  const auto again =
      world.run(door.step_up(*ticket, {policy::Factor::totp, "287082", {}}, World::loopback()));
  EXPECT_TRUE(again.error().is(kTicketUnknown));
  // Remembered on this device: it comes back by its key alone.
  EXPECT_TRUE(prove(device, in->actor.device));
}

TEST_F(DoorkeeperTest, AChangedPolicyEndsSessionsThatItWouldNotLetIn) {
  const TestDevice device;
  ASSERT_TRUE(enrol(device));
  world.policy.factors.demand = policy::Demand::always;
  world.s->doorkeeper.policy_changed(world.tenant);
  world.run_void(world.s->doorkeeper.look_around());
  EXPECT_EQ(sessions(), 0U);
}

TEST_F(DoorkeeperTest, DevicesThatWereIdleForTooLongExpire) {
  world.policy.devices.idle_days = 30;
  const TestDevice device;
  const auto in = enrol(device);
  ASSERT_TRUE(in);
  world.s->sessions.end_user(world.tenant, world.ann, identity::SessionEnd::signed_out);
  world.clock.now_ms += 31LL * 86'400'000;
  world.run_void(world.s->doorkeeper.upkeep());
  EXPECT_NE(world.s->directory.device(world.tenant, in->actor.device)->revoked_ms, 0);
  EXPECT_FALSE(prove(device, in->actor.device));
}

TEST(Gatherer, PlatformsHaveClasses) {
  using identity::UserKind;
  EXPECT_EQ(class_of("ios", UserKind::person), policy::DeviceClass::mobile);
  EXPECT_EQ(class_of("android-14", UserKind::person), policy::DeviceClass::mobile);
  EXPECT_EQ(class_of("linux", UserKind::person), policy::DeviceClass::desktop);
  EXPECT_EQ(class_of("web", UserKind::person), policy::DeviceClass::web);
  EXPECT_EQ(class_of("toaster", UserKind::person), policy::DeviceClass::other);
  EXPECT_EQ(class_of("linux", UserKind::service), policy::DeviceClass::service);
}

TEST(Gatherer, RolesKeepTheirNames) {
  for (unsigned bit = 0; bit <= static_cast<unsigned>(identity::Role::provider_auditor); ++bit) {
    const auto role = static_cast<identity::Role>(bit);
    const policy::Words<policy::Role> words = words_of(identity::RoleSet{role});
    EXPECT_TRUE(words.has(static_cast<policy::Role>(bit)));
    EXPECT_EQ(policy::to_text(static_cast<policy::Role>(bit)), identity::to_text(role));
  }
}

TEST(Tickets, AreGoodOnceAndForTenMinutes) {
  identity::testing::TestClock clock;
  Tickets tickets(clock, base::system_random());
  Candidate candidate;
  candidate.device_name = "one";
  const Bytes ticket = tickets.put(candidate).ticket;
  EXPECT_EQ(tickets.take(ticket)->device_name, "one");
  EXPECT_FALSE(tickets.take(ticket));
  const Bytes late = tickets.put(candidate).ticket;
  clock.now_ms += 600'001;
  EXPECT_FALSE(tickets.take(late));
}

TEST(Tickets, OfOneUserMakeRoomForEachOther) {
  identity::testing::TestClock clock;
  Tickets tickets(clock, base::system_random(), {600'000, 2, 100});
  Candidate candidate;
  candidate.device.user = UserId{7};
  std::vector<Bytes> issued;
  for (int i = 0; i < 3; ++i) {
    issued.push_back(tickets.put(candidate).ticket);
    ++clock.now_ms;
  }
  EXPECT_FALSE(tickets.take(issued[0]));
  EXPECT_TRUE(tickets.take(issued[1]));
  EXPECT_TRUE(tickets.take(issued[2]));
}

TEST_F(DoorkeeperTest, AnOldPasswordHoldsUpEveryDeviceUntilItIsChanged) {
  world.policy.password.age_days = 30;
  const TestDevice device;
  const auto in = enrol(device);
  ASSERT_TRUE(in) << in.error().text();
  EXPECT_FALSE(in->actor.restricted);
  world.clock.now_ms += 31LL * 86'400'000;
  const auto later = prove(device, in->actor.device);
  ASSERT_TRUE(later) << later.error().text();
  EXPECT_TRUE(later->actor.restricted);
  EXPECT_NE(later->notices.find("password.expired"), std::string::npos);
  const auto changed = world.run(world.s->account.set_password(
      later->actor, base::Secret(World::kPassword), base::Secret("another good passphrase")));
  ASSERT_TRUE(changed) << changed.error().text();
  world.s->doorkeeper.account_changed(world.tenant, world.ann);
  world.run_void(world.s->doorkeeper.look_around());
  EXPECT_EQ(sessions(), 0U);  // it proves its key again, and is free
  const auto after = prove(device, in->actor.device);
  ASSERT_TRUE(after) << after.error().text();
  EXPECT_FALSE(after->actor.restricted);
}

TEST_F(DoorkeeperTest, ARehearsalCountsWhomAnotherPolicyWouldTouchAndTouchesNobody) {
  const TestDevice in;
  const TestDevice away;
  ASSERT_TRUE(enrol(in));
  const auto left = enrol(away);
  ASSERT_TRUE(left);
  EXPECT_TRUE(world.s->sessions.end(left->actor.session, identity::SessionEnd::signed_out));
  policy::Policy rules = world.policy;
  const auto same = world.run(world.s->doorkeeper.rehearse(world.tenant, rules));
  EXPECT_EQ(same.open.devices, 1U);
  EXPECT_EQ(same.resting.devices, 1U);
  EXPECT_TRUE(same.touched.empty());
  rules.factors.demand = policy::Demand::always;  // of people who have none
  const auto seen = world.run(world.s->doorkeeper.rehearse(world.tenant, rules));
  EXPECT_EQ(seen.restricted.devices, 2U);
  EXPECT_EQ(seen.restricted.users, 1U);
  EXPECT_EQ(seen.refused.devices + seen.stepped_up.devices + seen.eased.devices, 0U);
  ASSERT_EQ(seen.touched.size(), 2U);
  EXPECT_EQ(seen.touched[0].then, policy::Outcome::restrict);
  EXPECT_NE(seen.touched[0].reasons.find("factor"), std::string::npos);
  // The other way round it eases them.
  std::swap(rules, world.policy);
  EXPECT_EQ(world.run(world.s->doorkeeper.rehearse(world.tenant, rules)).eased.devices, 2U);
  EXPECT_EQ(sessions(), 1U);
  EXPECT_EQ(devices(), 2U);
}

}  // namespace
}  // namespace conclave::admission
