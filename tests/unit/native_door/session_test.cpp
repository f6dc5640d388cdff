#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "tests/unit/native_door/world.hpp"
#include "tests/unit/protocol/schema_files.hpp"

namespace conclave::tests {
namespace {

namespace json = boost::json;

std::string reason_of(const json::object& error) {
  return error.at("data").as_object().at("reason").as_string().c_str();
}

TEST(Session, HelloComesFirstWithTheLimits) {
  World world;
  Client ann(world);
  EXPECT_EQ(ann.hello().at("version"), "1");
  EXPECT_EQ(ann.hello().at("limits").as_object().at("in_flight"), 32);
  Client other(world);
  EXPECT_NE(ann.hello().at("nonce"), other.hello().at("nonce"));
}

TEST(Session, ADeviceEnrolsAndProvesItselfLater) {
  World world;
  Client ann(world);
  const json::object first = ann.enrol();
  EXPECT_EQ(first.at("account"), "ann@demo.example");
  EXPECT_EQ(first.at("resumed"), false);
  EXPECT_EQ(ann.call("user.me").at("user"), first.at("user"));
  ann.disconnect();
  ann.connect();
  const json::object second = ann.prove();
  EXPECT_EQ(second.at("device"), first.at("device"));
  EXPECT_NE(second.at("session"), first.at("session"));
}

TEST(Session, AHandleResumesOnce) {
  World world;
  Client ann(world);
  const json::value handle = ann.enrol().at("resume_handle");
  ann.disconnect();
  ann.connect();
  const json::object resumed = ann.call("session.resume", {{"handle", handle}});
  EXPECT_EQ(resumed.at("resumed"), true);
  EXPECT_FALSE(resumed.contains("access_token"));
  EXPECT_FALSE(ann.call("session.token").at("access_token").as_string().empty());
  ann.call("user.me");
  Client thief(world);
  EXPECT_EQ(reason_of(thief.fail("session.resume", {{"handle", handle}})),
            "session.resume_refused");
}

TEST(Session, ATenantHasNoMoreConnectionsThanItMayHave) {
  World world({}, 2);
  Client ann(world);
  Client bob(world, "bob@demo.example");
  Client cyd(world, "cyd@demo.example");
  ann.enrol();
  const json::value handle = bob.enrol().at("resume_handle");
  const json::object refused = cyd.fail("session.enrol", cyd.enrol_params());
  EXPECT_EQ(reason_of(refused), "tenant.connections");
  EXPECT_GT(refused.at("data").as_object().at("retry_after_ms").as_int64(), 0);
  bob.disconnect();
  cyd.disconnect();
  cyd.connect();
  cyd.enrol();
  bob.connect();
  EXPECT_EQ(reason_of(bob.fail("session.resume", {{"handle", handle}})), "tenant.connections");
  ann.disconnect();
  ann.connect();
  EXPECT_EQ(ann.prove().at("account"), "ann@demo.example");
}

TEST(Session, EveryMethodThatNeedsASessionIsRefusedWithoutOne) {
  World world(doors::native::Limits{.stranger = {1000, 1000}});
  Client stranger(world);
  std::size_t tried = 0;
  for (const SchemaMethod& method : schema().methods()) {
    if (method.definition.at("sign_in") != "required") continue;
    const json::object error = stranger.fail(
        method.name, method.definition.at("example").as_object().at("params").as_object());
    EXPECT_EQ(reason_of(error), "sign_in.required") << method.name;
    ++tried;
  }
  EXPECT_GT(tried, 50U);
}

TEST(Session, GuessesAndUnknownAccountsGetTheSameAnswer) {
  World world;
  Client ann(world);
  const json::object wrong = ann.fail("session.enrol", ann.enrol_params("not the password"));
  Client nobody(world, "nobody@demo.example");
  const json::object unknown = nobody.fail("session.enrol", nobody.enrol_params());
  EXPECT_EQ(reason_of(wrong), "sign_in.refused");
  EXPECT_EQ(json::serialize(wrong), json::serialize(unknown));
}

TEST(Session, ASecondSignInOnAConnectionIsRefused) {
  World world;
  Client ann(world);
  ann.enrol();
  EXPECT_EQ(reason_of(ann.fail("session.enrol", ann.enrol_params())), "sign_in.done");
}

TEST(Session, WhoDoesNotSignInIsClosed) {
  doors::native::Limits limits;
  limits.sign_in = std::chrono::milliseconds(1);
  World world(limits);
  Client ann(world);
  world.run_until([&] { return ann.socket->closed.has_value(); });
  EXPECT_EQ(ann.socket->closed, 4001);
}

TEST(Session, EndingItAnswersFirstAndClosesThen) {
  World world;
  Client ann(world);
  const json::value handle = ann.enrol().at("resume_handle");
  ann.call("session.end");
  world.run_until([&] { return ann.socket->closed.has_value(); });
  EXPECT_EQ(ann.socket->closed, 4002);
  Client again(world);
  EXPECT_EQ(reason_of(again.fail("session.resume", {{"handle", handle}})),
            "session.resume_refused");
}

TEST(Session, ARevokedDeviceIsClosedAtOnceAndTheOthersAreTold) {
  World world;
  Client laptop(world);
  Client phone(world);
  laptop.enrol();
  phone.enrol();
  EXPECT_EQ(laptop.event("device.changed").at("change"), "signed_in");
  laptop.call("device.remove", {{"device", phone.device}});
  world.run_until([&] { return phone.socket->closed.has_value(); });
  EXPECT_EQ(phone.socket->closed, 4003);
  EXPECT_EQ(laptop.event("device.changed").at("change"), "revoked");
  EXPECT_EQ(laptop.call("device.list").at("devices").as_array().size(), 1U);
}

TEST(Session, ADeviceThatConnectsAgainReplacesItsOldConnection) {
  World world;
  Client old(world);
  old.enrol();
  Client fresh(world);
  const json::value handle = old.call("session.token").at("access_token");
  EXPECT_TRUE(handle.is_string());
  old.disconnect();
  old.connect();
  old.prove();
  EXPECT_FALSE(old.socket->closed);
}

TEST(Session, AFrameThatIsNoRequestIsAnsweredAndDoesNotEndTheConnection) {
  World world;
  Client ann(world);
  ann.enrol();
  ann.raw("{");
  EXPECT_EQ(reason_of(ann.stray().at("error").as_object()), "parse");
  ann.raw(R"({"jsonrpc":"2.0","id":"x","method":"nothing.here"})");
  EXPECT_EQ(reason_of(ann.stray().at("error").as_object()), "method.unknown");
  ann.call("user.me");
}

TEST(Session, RequestsAreRefusedWhileTheServerStops) {
  World world;
  Client ann(world);
  ann.enrol();
  bool stopped = false;
  world.door->stop([&] { stopped = true; });
  world.run_until([&] { return stopped; });
  EXPECT_EQ(reason_of(ann.fail("user.me")), "server.draining");
  EXPECT_EQ(world.door->accept(ann.socket->peer()), nullptr);
}

}  // namespace
}  // namespace conclave::tests
