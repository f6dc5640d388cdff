#include <gtest/gtest.h>

#include "tests/unit/native_door/world.hpp"

namespace conclave::doors::native {
namespace {

namespace json = boost::json;

TEST(TokenBucket, LetsABurstPassThenTheRate) {
  const FloodRule rule{10, 3};
  TokenBucket bucket(rule);
  EXPECT_EQ(bucket.take(rule, 1, 1000), 0);
  EXPECT_EQ(bucket.take(rule, 2, 1000), 0);
  EXPECT_GE(bucket.take(rule, 1, 1000), 100);
  EXPECT_EQ(bucket.take(rule, 1, 1101), 0);
  EXPECT_GT(bucket.take(rule, 1, 1101), 0);
}

TEST(TokenBucket, NeverHoldsMoreThanItsBurstAndPassesDearRequestsWhenFull) {
  const FloodRule rule{10, 3};
  TokenBucket bucket(rule);
  EXPECT_EQ(bucket.take(rule, 5, 1), 0);
  EXPECT_GT(bucket.take(rule, 1, 1), 0);
  EXPECT_EQ(bucket.take(rule, 3, 1'000'000), 0);
  EXPECT_GT(bucket.take(rule, 1, 1'000'000), 0);
}

Limits tight() {
  Limits limits;
  limits.session = {.per_s = 0.001, .burst = 40};
  limits.user = {.per_s = 0.001, .burst = 3};
  limits.stranger = {.per_s = 0.001, .burst = 25};
  limits.flood_strikes = 5;
  return limits;
}

std::string reason_of(const json::object& error) {
  return error.at("data").as_object().at("reason").as_string().c_str();
}

TEST(Flood, AFloodingSessionIsToldWhenToComeBackThenClosed) {
  tests::World world(tight());
  tests::Client ann(world);
  ann.enrol();
  for (int i = 0; i < 40; ++i) ann.call("session.ping");
  const json::object error = ann.fail("session.ping");
  EXPECT_EQ(reason_of(error), "flood");
  EXPECT_GT(error.at("data").as_object().at("retry_after_ms").as_int64(), 0);
  EXPECT_FALSE(ann.socket->closed);
  for (int i = 0; i < 5; ++i) ann.send("session.ping", {});
  EXPECT_EQ(ann.socket->closed, 4006);
}

TEST(Flood, StrangersAreLimitedHarderThanSessionsAndDoNotDisturbThem) {
  tests::World world(tight());
  tests::Client ann(world);
  ann.enrol();
  tests::Client stranger(world);
  for (int i = 0; i < 25; ++i) stranger.call("session.ping");
  EXPECT_EQ(reason_of(stranger.fail("session.ping")), "flood");
  ann.call("user.me");
}

TEST(Flood, AUsersMessagesAreLimitedOverAllDevices) {
  tests::World world(tight());
  tests::Client laptop(world);
  tests::Client phone(world);
  laptop.enrol();
  phone.enrol();
  const json::value room = laptop.call("room.create", {{"name", "a"}}).at("room");
  const auto message = [&](int id) {
    return json::object{{"room", room}, {"client_id", id}, {"text", "x"}};
  };
  laptop.call("message.send", message(1));
  phone.call("message.send", message(1));
  phone.call("message.send", message(2));
  EXPECT_EQ(reason_of(laptop.fail("message.send", message(2))), "flood");
  laptop.call("room.get", {{"room", room}});
}

TEST(Flood, TooManyUnansweredRequestsAreRefusedAndTheOthersAnswered) {
  Limits limits;
  limits.in_flight = 4;
  tests::World world(limits);
  tests::Client ann(world);
  ann.enrol();
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(ann.send("user.me", {}));
  EXPECT_EQ(reason_of(ann.fail("user.me")), "in_flight");
  for (const std::int64_t id : ids) EXPECT_TRUE(ann.answer_to(id).contains("result"));
  ann.call("user.me");
}

TEST(Flood, NewConnectionsAreRefusedWhileTooManyAreNotSignedIn) {
  Limits limits;
  limits.signing_in = 2;
  tests::World world(limits);
  tests::Client ann(world);
  ann.enrol();
  tests::Client first(world);
  tests::Client second(world);
  EXPECT_EQ(world.door->accept(ann.socket->peer()), nullptr);
  second.disconnect();
  EXPECT_NE(world.door->accept(ann.socket->peer()), nullptr);
  ann.call("user.me");
}

}  // namespace
}  // namespace conclave::doors::native
