#include <gtest/gtest.h>

#include "tests/unit/native_door/world.hpp"

namespace conclave::tests {
namespace {

namespace json = boost::json;

class SlowReader : public ::testing::Test {
 protected:
  SlowReader() {
    ann.enrol();
    bob.enrol();
    room = ann.call("room.create", {{"name", "a"}, {"invite", {world.user("bob")}}}).at("room");
    bob.call("room.accept", {{"room", room}});
    world.settle();
  }
  std::int64_t send(std::string_view text) {
    return ann
        .call("message.send", {{"room", room}, {"client_id", next++}, {"text", std::string(text)}})
        .at("seq")
        .as_int64();
  }
  void unstick() {
    bob.socket->stuck = false;
    bob.socket->queued = 0;
    bob.handler().on_drained();
  }

  World world{doors::native::Limits{.user = {1e6, 1e6}}};
  Client ann{world, "ann@demo.example"};
  Client bob{world, "bob@demo.example"};
  json::value room;
  int next = 1;
};

TEST_F(SlowReader, IsToldOnceThatItLaggedAndGetsNoLogEventsUntilItSyncs) {
  const json::value cursor = bob.call("sync.since").at("cursor");
  bob.socket->stuck = true;
  bob.socket->limit = 600;
  std::int64_t last = 0;
  for (int i = 0; i < 10; ++i) last = send("a text that fills the queue of a slow reader");
  EXPECT_LT(bob.socket->queued, 1000U);
  EXPECT_FALSE(bob.has_event("sync.lagged"));
  unstick();
  EXPECT_TRUE(bob.has_event("sync.lagged"));
  bob.event("sync.lagged");
  while (bob.has_event("room.entries")) bob.event("room.entries");
  last = send("still not pushed");
  EXPECT_FALSE(bob.has_event("room.entries"));
  EXPECT_FALSE(bob.has_event("sync.lagged"));

  json::object page = bob.call("sync.since", {{"cursor", cursor}, {"tail", 50}});
  EXPECT_EQ(page.at("rooms").as_array().at(0).at("entries").as_array().back().at("seq"), last);
  last = send("pushed again");
  const json::object event = bob.event("room.entries");
  EXPECT_EQ(event.at("entries").as_array().at(0).at("seq"), last);
}

TEST_F(SlowReader, LosesTypingBeforeMessages) {
  bob.socket->stuck = true;
  bob.socket->queued = 70 * 1024;  // above a quarter of 256 KiB
  ann.call("typing.set", {{"room", room}, {"active", true}});
  EXPECT_FALSE(bob.has_event("typing.changed"));
  send("a message still fits");
  EXPECT_TRUE(bob.has_event("room.entries"));
  EXPECT_FALSE(bob.has_event("sync.lagged"));
}

TEST_F(SlowReader, NeverLosesAnAnswerAndIsNotReadMeanwhile) {
  bob.socket->stuck = true;
  bob.socket->limit = 100;
  const std::int64_t first = bob.send("user.me", {});
  const std::int64_t second = bob.send("device.list", {});
  world.run_until([&] { return bob.socket->paused; });
  unstick();
  EXPECT_TRUE(bob.answer_to(first).contains("result"));
  EXPECT_TRUE(bob.answer_to(second).contains("result"));
  EXPECT_FALSE(bob.socket->paused);
}

TEST_F(SlowReader, IsClosedWhenItsAnswersPileUp) {
  doors::native::Limits limits;
  limits.held_reply_bytes = 200;
  World small(limits);
  Client cyd(small, "cyd@demo.example");
  cyd.enrol();
  cyd.socket->stuck = true;
  cyd.socket->queued = 1;
  cyd.socket->limit = 1;
  cyd.send("user.me", {});
  cyd.send("user.me", {});
  small.run_until([&] { return cyd.socket->closed.has_value(); });
  EXPECT_EQ(cyd.socket->closed, 4008);
}

TEST_F(SlowReader, AnEventIsSerialisedOnceForAllReceivers) {
  Client phone(world, "bob@demo.example");
  phone.enrol();
  world.settle();
  const std::size_t before = bob.socket->sent.size();
  const std::size_t phone_before = phone.socket->sent.size();
  send("one buffer");
  world.run_until(
      [&] { return bob.socket->sent.size() > before && phone.socket->sent.size() > phone_before; });
  EXPECT_EQ(bob.socket->sent.back().get(), phone.socket->sent.back().get());
}

TEST_F(SlowReader, PressureStopsReadingAndItsEndStartsItAgain) {
  world.door->stop_reading();
  world.settle();
  EXPECT_FALSE(ann.socket->paused);  // until it sends something
  const std::int64_t id = ann.send("user.me", {});
  EXPECT_TRUE(ann.socket->paused);
  EXPECT_TRUE(ann.answer_to(id).contains("result"));
  world.door->resume_reading();
  world.settle();
  EXPECT_FALSE(ann.socket->paused);
}

TEST_F(SlowReader, ABurstOverTheInboxPausesOnlyUntilTheShardHasCaughtUp) {
  doors::native::Limits limits;
  limits.inbox = 2;
  World small(limits);
  Client cyd(small, "cyd@demo.example");
  cyd.enrol();
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(cyd.send("user.me", {}));
  EXPECT_TRUE(cyd.socket->paused);
  for (const std::int64_t id : ids) EXPECT_TRUE(cyd.answer_to(id).contains("result"));
  small.settle();
  EXPECT_FALSE(cyd.socket->paused);
}

}  // namespace
}  // namespace conclave::tests
