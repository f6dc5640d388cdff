#include "runtime/admission/sign_in.hpp"

#include "hsm/api/errors.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::admission {
namespace {

using identity::Actor;
using identity::kBindingRefused;
using identity::kDeviceNotFound;
using identity::kHelloExpired;
using identity::kPasswordWeak;
using identity::kPasswordWrong;
using identity::kResumeRefused;
using identity::kSignInRefused;
using identity::kSignInThrottled;
using identity::Session;
using identity::SessionEnd;
using identity::UserChange;
using identity::testing::TestDevice;
using identity::testing::World;

class SignInTest : public ::testing::Test {
 protected:
  World world;
  TestDevice device;

  SignedIn enrol(std::string account = "ann@demo.example") {
    auto out =
        world.run(world.s->sign_in.enrol(world.enrol_request(device, account), World::loopback()));
    if (!out) throw std::runtime_error(out.error().text());
    return *out;
  }
};

TEST_F(SignInTest, EnrolsADeviceWithPasswordAndKey) {
  const SignedIn in = enrol();
  EXPECT_EQ(in.actor.tenant, world.tenant);
  EXPECT_EQ(in.actor.user, world.ann);
  EXPECT_EQ(in.account, "ann@demo.example");
  EXPECT_EQ(in.resume_handle.size(), 32U);
  EXPECT_EQ(world.s->sign_in.authenticate(in.access_token)->user, world.ann);
}

TEST_F(SignInTest, LaterSignInsNeedNoPassword) {
  const DeviceId id = enrol().actor.device;
  world.restart();
  const auto in = world.run(world.s->sign_in.prove(
      world.prove_request(device, id, "ann@demo.example"), World::loopback()));
  ASSERT_TRUE(in) << in.error().text();
  EXPECT_EQ(in->actor.device, id);
}

TEST_F(SignInTest, EveryWrongClaimGetsTheSameAnswer) {
  const TestDevice other;
  const auto refused = [&](EnrolRequest request) {
    const auto out = world.run(world.s->sign_in.enrol(std::move(request), World::loopback()));
    return !out && out.error().is(kSignInRefused) && out.error().detail().empty();
  };
  EXPECT_TRUE(refused(world.enrol_request(device, "ann@demo.example", "wrong password")));
  EXPECT_TRUE(refused(world.enrol_request(device, "nobody@demo.example")));
  EXPECT_TRUE(refused(world.enrol_request(device, "ann@nowhere.example")));
  EnrolRequest forged = world.enrol_request(device, "ann@demo.example");
  forged.key = other.public_key;
  EXPECT_TRUE(refused(std::move(forged)));
}

TEST_F(SignInTest, AnUnknownAccountCostsTheSameTokenCallsAsAKnownOne) {
  const auto macs_of = [&](std::string account) {
    world.keys.calls.clear();
    static_cast<void>(world.run(world.s->sign_in.enrol(
        world.enrol_request(device, std::move(account), "wrong password"), World::loopback())));
    return world.keys.calls["password_mac"];
  };
  EXPECT_EQ(macs_of("ann@demo.example"), 1);
  EXPECT_EQ(macs_of("nobody@demo.example"), 1);
}

TEST_F(SignInTest, ANonceWorksOnceAndFor30Seconds) {
  const DeviceId id = enrol().actor.device;
  const ProveRequest request = world.prove_request(device, id, "ann@demo.example");
  EXPECT_TRUE(world.run(world.s->sign_in.prove(request, World::loopback())));
  EXPECT_EQ(world.run(world.s->sign_in.prove(request, World::loopback())).error(),
            Error(kHelloExpired));
  const ProveRequest late = world.prove_request(device, id, "ann@demo.example");
  world.clock.now_ms += 30'001;
  EXPECT_EQ(world.run(world.s->sign_in.prove(late, World::loopback())).error(),
            Error(kHelloExpired));
  ProveRequest foreign = world.prove_request(device, id, "ann@demo.example");
  foreign.nonce_s[0] ^= 1;
  EXPECT_EQ(world.run(world.s->sign_in.prove(foreign, World::loopback())).error(),
            Error(kHelloExpired));
}

TEST_F(SignInTest, TheSignatureIsBoundToTheConnection) {
  const DeviceId id = enrol().actor.device;
  const auto prove = [&](ConnectionFacts facts) {
    return world.run(world.s->sign_in.prove(world.prove_request(device, id, "ann@demo.example"),
                                            std::move(facts)));
  };
  ConnectionFacts tls = World::loopback();
  tls.tls = true;
  tls.loopback = false;
  tls.tls_exporter = Bytes(32, 1);
  EXPECT_EQ(prove(tls).error(), Error(kBindingRefused));

  ProveRequest request = world.prove_request(device, id, "ann@demo.example");
  request.binding = "tls-exporter";
  request.signature = device.sign({"prove",
                                   "demo.example",
                                   "ann@demo.example",
                                   base::to_text(id),
                                   device.key(),
                                   request.nonce_s,
                                   request.nonce_c,
                                   {"tls-exporter", Bytes(32, 1)}});
  ProveRequest relayed = request;
  EXPECT_TRUE(world.run(world.s->sign_in.prove(request, tls)));
  relayed.nonce_s = world.s->sign_in.hello();
  tls.tls_exporter = Bytes(32, 2);
  EXPECT_EQ(world.run(world.s->sign_in.prove(relayed, tls)).error(), Error(kSignInRefused));
}

TEST_F(SignInTest, OnlyTheServersOwnOriginMayBind) {
  const DeviceId id = enrol().actor.device;
  const auto from_origin = [&](std::string origin) {
    ProveRequest request = world.prove_request(device, id, "ann@demo.example");
    request.binding = "origin";
    request.signature = device.sign({"prove",
                                     "demo.example",
                                     "ann@demo.example",
                                     base::to_text(id),
                                     device.key(),
                                     request.nonce_s,
                                     request.nonce_c,
                                     {"origin", base::to_bytes(origin)}});
    ConnectionFacts facts{"10.0.0.1", true, false, Bytes(32, 1), origin, "chat.example", true};
    return world.run(world.s->sign_in.prove(request, facts));
  };
  EXPECT_TRUE(from_origin("https://chat.example"));
  EXPECT_EQ(from_origin("https://evil.example").error(), Error(kBindingRefused));
}

TEST_F(SignInTest, ARevokedDeviceIsRefusedAlsoAfterARestart) {
  const SignedIn in = enrol();
  std::vector<SessionEnd> ends;
  world.s->sessions.on_end([&](const Session&, SessionEnd why) { ends.push_back(why); });
  ASSERT_TRUE(world.run(world.s->account.remove_device(in.actor, in.actor.device)));
  EXPECT_EQ(ends, std::vector{SessionEnd::revoked});
  EXPECT_FALSE(world.s->sign_in.authenticate(in.access_token));
  for (int i = 0; i < 2; ++i) {
    const auto out = world.run(world.s->sign_in.prove(
        world.prove_request(device, in.actor.device, "ann@demo.example"), World::loopback()));
    EXPECT_EQ(out.error(), Error(kSignInRefused));
    world.restart();
  }
  const auto again = world.run(
      world.s->sign_in.enrol(world.enrol_request(device, "ann@demo.example"), World::loopback()));
  EXPECT_EQ(again.error(), Error(kSignInRefused)) << "a revoked key never comes back";
}

TEST_F(SignInTest, EnrollingTheSameKeyAgainIsTheSameDevice) {
  EXPECT_EQ(enrol().actor.device, enrol().actor.device);
}

TEST_F(SignInTest, ADisabledUserIsRefused) {
  const SignedIn in = enrol();
  const Actor admin = world.actor_of(world.tenant, world.admin);
  UserChange change;
  change.enabled = false;
  ASSERT_TRUE(world.run(
      world.s->administration.change_user(admin, world.tenant, world.ann, std::move(change))));
  EXPECT_FALSE(world.s->sign_in.authenticate(in.access_token));
  const auto prove = world.run(world.s->sign_in.prove(
      world.prove_request(device, in.actor.device, "ann@demo.example"), World::loopback()));
  EXPECT_EQ(prove.error(), Error(kSignInRefused));
  const TestDevice second;
  const auto enrol = world.run(
      world.s->sign_in.enrol(world.enrol_request(second, "ann@demo.example"), World::loopback()));
  EXPECT_EQ(enrol.error(), Error(kSignInRefused));
}

TEST_F(SignInTest, AResumedSessionHasANewIdAndANewHandle) {
  const SignedIn in = enrol();
  const auto resumed = world.run(world.s->sign_in.resume(in.resume_handle, World::loopback()));
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(resumed->resumed);
  EXPECT_EQ(resumed->actor.device, in.actor.device);
  EXPECT_NE(resumed->actor.session, in.actor.session);
  EXPECT_NE(resumed->resume_handle, in.resume_handle);
  EXPECT_TRUE(resumed->access_token.empty());
  EXPECT_FALSE(world.s->sign_in.authenticate(in.access_token));
  EXPECT_EQ(world.run(world.s->sign_in.resume(in.resume_handle, World::loopback())).error(),
            Error(kResumeRefused));
}

TEST_F(SignInTest, GuessesAreThrottledWithATimeToComeBack) {
  Error last(kSignInRefused);
  for (int i = 0; i < 30 && !last.is(kSignInThrottled); ++i) {
    last = world
               .run(world.s->sign_in.enrol(
                   world.enrol_request(device, "ann@demo.example", "wrong password"),
                   World::loopback()))
               .error();
  }
  EXPECT_TRUE(last.is(kSignInThrottled));
  EXPECT_GT(last.retry_after_ms(), 0);
}

TEST_F(SignInTest, AWellBehavedStormFromOneAddressIsNotThrottled) {
  const DeviceId id = enrol().actor.device;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(world.run(world.s->sign_in.prove(
        world.prove_request(device, id, "ann@demo.example"), World::loopback())));
  }
}

TEST_F(SignInTest, NothingIsStoredWhileTheTokenIsAway) {
  const std::size_t before = world.store.records.size();
  world.keys.broken = &hsm::api::kTokenUnavailable;
  const auto out = world.run(
      world.s->sign_in.enrol(world.enrol_request(device, "ann@demo.example"), World::loopback()));
  EXPECT_EQ(out.error(), Error(hsm::api::kTokenUnavailable));
  EXPECT_EQ(world.store.records.size(), before);
  world.keys.broken = nullptr;
  enrol();
}

TEST_F(SignInTest, AReadOnlyStoreRefusesEnrolmentAndKeepsKnownDevicesWorking) {
  const DeviceId id = enrol().actor.device;
  world.store.read_only = true;
  const TestDevice second;
  const auto out = world.run(
      world.s->sign_in.enrol(world.enrol_request(second, "ann@demo.example"), World::loopback()));
  EXPECT_EQ(out.error(), Error(store::kStoreReadOnly));
  EXPECT_TRUE(world.run(world.s->sign_in.prove(world.prove_request(device, id, "ann@demo.example"),
                                               World::loopback())));
}

TEST_F(SignInTest, APasswordIsChangedOnlyWithTheOldOne) {
  const SignedIn in = enrol();
  const auto set = [&](std::string_view old_one, std::string_view new_one) {
    return world.run(
        world.s->account.set_password(in.actor, base::Secret(old_one), base::Secret(new_one)));
  };
  EXPECT_EQ(set("wrong password", "another long one").error(), Error(kPasswordWrong));
  EXPECT_EQ(set(World::kPassword, "short").error(), Error(kPasswordWeak));
  ASSERT_TRUE(set(World::kPassword, "another long one"));
  const TestDevice second;
  EXPECT_FALSE(world.run(
      world.s->sign_in.enrol(world.enrol_request(second, "ann@demo.example"), World::loopback())));
  EXPECT_TRUE(world.run(world.s->sign_in.enrol(
      world.enrol_request(second, "ann@demo.example", "another long one"), World::loopback())));
}

TEST_F(SignInTest, DevicesShowTheirNamesAndOnlyToTheirOwner) {
  const SignedIn in = enrol();
  world.restart();
  const auto devices = world.run(world.s->account.devices(in.actor));
  ASSERT_TRUE(devices);
  ASSERT_EQ(devices->size(), 1U);
  EXPECT_EQ(devices->front().name, "Laptop");
  EXPECT_TRUE(devices->front().current);
  const Actor other = world.actor_of(world.tenant, world.admin);
  EXPECT_EQ(world.run(world.s->account.rename_device(other, in.actor.device, "Mine")).error(),
            Error(kDeviceNotFound));
}

}  // namespace
}  // namespace conclave::admission
