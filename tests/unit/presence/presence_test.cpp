#include "runtime/presence/presence.hpp"

#include <gmock/gmock.h>

#include "runtime/presence/errors.hpp"
#include "tests/support/chat_world.hpp"

namespace conclave::presence {
namespace {

using testing::ChatWorld;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PresenceTest : public ::testing::Test {
 protected:
  PresenceTest() {
    limits.tick_ms = 1;
    start();
  }
  ~PresenceTest() override { stop(); }

  void start() {
    presence = std::make_unique<Presence>(Parts{*world.hub, *world.states, world.directory,
                                                world.clock, *world.metrics,
                                                world.context.get_executor(), limits});
    presence->start();
  }
  void stop() {
    auto done = std::make_shared<bool>(false);
    for (const SessionId session : std::set(world.sessions)) world.hub->close(session);
    world.sessions.clear();
    world.tasks.spawn(end(done));
    while (!*done) world.step();
    presence.reset();
  }
  Task<void> end(std::shared_ptr<bool> done) {
    co_await presence->stop();
    *done = true;
  }
  // Long enough for a tick, which is due after a millisecond.
  void tick() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    while (std::chrono::steady_clock::now() < until) {
      world.context.restart();
      world.context.run_one_for(std::chrono::milliseconds(2));
    }
  }
  void befriend(const identity::Actor& watcher, const identity::Actor& watched) {
    ASSERT_TRUE(world.wait(presence->subscribe(watcher, watched.user)));
    ASSERT_TRUE(world.wait(presence->approve(watched, watcher.user)));
    tick();
    world.door.sent.clear();
  }
  std::string seen(const identity::Actor& watcher, UserId user) {
    const auto states = world.wait(presence->get(watcher, {user}));
    return states && !states->empty() ? states->front().status : "hidden";
  }
  std::vector<std::string> told(const identity::Actor& watcher) {
    std::vector<std::string> out;
    for (const auto& event : world.door.of<sync::PresenceChanged>(watcher)) {
      for (const auto& state : event.states) out.push_back(state.status);
    }
    return out;
  }

  ChatWorld world;
  Limits limits;
  std::unique_ptr<Presence> presence;
  identity::Actor ann;
  identity::Actor bob;

  void SetUp() override {
    ann = world.person(11);
    bob = world.person(12);
    tick();
  }
};

TEST_F(PresenceTest, nobody_sees_anybody_without_consent) {
  EXPECT_EQ(seen(ann, bob.user), "hidden");
  ASSERT_EQ(world.wait(presence->subscribe(ann, bob.user)), Result<Consent>(Consent::pending));
  EXPECT_EQ(seen(ann, bob.user), "hidden");
  const auto asked = world.door.of<sync::PresenceRequested>(bob);
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].from, ann.user);
  ASSERT_TRUE(world.wait(presence->approve(bob, ann.user)));
  EXPECT_EQ(seen(ann, bob.user), "online");
  EXPECT_EQ(seen(bob, ann.user), "hidden");  // each direction on its own
}

TEST_F(PresenceTest, watchers_are_told_of_changes_and_others_are_not) {
  befriend(ann, bob);
  const auto cay = world.person(13);
  tick();
  world.door.sent.clear();
  ASSERT_TRUE(world.wait(presence->set(bob, Status::busy, "in a meeting")));
  tick();
  EXPECT_EQ(told(ann), std::vector<std::string>{"busy"});
  EXPECT_THAT(told(cay), IsEmpty());
  EXPECT_EQ(world.door.of<sync::PresenceChanged>(ann)[0].states[0].text, "in a meeting");
}

TEST_F(PresenceTest, devices_are_merged_into_one_person) {
  befriend(ann, bob);
  const auto phone = world.sign_in(12, 500);
  ASSERT_TRUE(world.wait(presence->set(bob, Status::away, std::nullopt)));
  ASSERT_TRUE(world.wait(presence->set(phone, Status::online, std::nullopt)));
  tick();
  EXPECT_EQ(seen(ann, bob.user), "online");
  world.sign_out(phone);
  tick();
  EXPECT_EQ(seen(ann, bob.user), "away");
  world.sign_out(bob);
  tick();
  EXPECT_EQ(seen(ann, bob.user), "offline");
}

TEST_F(PresenceTest, an_invisible_person_looks_offline_and_does_not_age) {
  befriend(ann, bob);
  world.clock.utc += 1'000;
  ASSERT_TRUE(world.wait(presence->set(bob, Status::invisible, std::nullopt)));
  tick();
  EXPECT_EQ(told(ann), std::vector<std::string>{"offline"});
  const auto before = world.wait(presence->get(ann, {bob.user}))->front().last_active_ms;
  world.clock.utc += 60'000;
  presence->touch(bob);
  tick();
  const auto after = world.wait(presence->get(ann, {bob.user}))->front();
  EXPECT_EQ(after.status, "offline");
  EXPECT_EQ(after.last_active_ms, before);
}

TEST_F(PresenceTest, invisibility_outlives_the_session_and_the_process) {
  befriend(ann, bob);
  ASSERT_TRUE(world.wait(presence->set(bob, Status::invisible, std::nullopt)));
  stop();
  start();
  ann = world.sign_in(11, 501);
  tick();
  world.door.sent.clear();
  bob = world.sign_in(12, 502);
  tick();
  EXPECT_THAT(told(ann), IsEmpty());
  EXPECT_EQ(seen(ann, bob.user), "offline");
  ASSERT_TRUE(world.wait(presence->set(bob, Status::online, std::nullopt)));
  tick();
  EXPECT_EQ(told(ann), std::vector<std::string>{"online"});
}

TEST_F(PresenceTest, consent_outlives_the_process) {
  befriend(ann, bob);
  stop();
  start();
  ann = world.sign_in(11, 501);
  bob = world.sign_in(12, 502);
  tick();
  EXPECT_EQ(seen(ann, bob.user), "online");
  const auto contacts = world.wait(presence->list(ann));
  ASSERT_THAT(*contacts, SizeIs(1));
  EXPECT_EQ(contacts->front().state, Consent::approved);
  EXPECT_EQ(contacts->front().direction, Direction::outgoing);
}

TEST_F(PresenceTest, a_denial_looks_like_waiting_and_asks_nobody_again) {
  ASSERT_TRUE(world.wait(presence->subscribe(ann, bob.user)));
  ASSERT_TRUE(world.wait(presence->deny(bob, ann.user)));
  world.door.sent.clear();
  EXPECT_EQ(world.wait(presence->list(ann))->front().state, Consent::pending);
  ASSERT_TRUE(world.wait(presence->unsubscribe(ann, bob.user)));
  ASSERT_TRUE(world.wait(presence->subscribe(ann, bob.user)));
  EXPECT_EQ(seen(ann, bob.user), "hidden");
}

TEST_F(PresenceTest, consent_can_be_taken_back) {
  befriend(ann, bob);
  ASSERT_TRUE(world.wait(presence->deny(bob, ann.user)));
  EXPECT_EQ(told(ann), std::vector<std::string>{"offline"});
  EXPECT_EQ(seen(ann, bob.user), "hidden");
  world.door.sent.clear();
  ASSERT_TRUE(world.wait(presence->set(bob, Status::busy, std::nullopt)));
  tick();
  EXPECT_THAT(told(ann), IsEmpty());
}

TEST_F(PresenceTest, strangers_other_tenants_and_guests_cannot_ask) {
  const auto abroad = world.person(21, {identity::Role::member}, TenantId{2});
  const auto guest = world.person(22, {identity::Role::guest});
  EXPECT_TRUE(world.wait(presence->subscribe(ann, abroad.user)).error().is(kContactNotFound));
  EXPECT_TRUE(world.wait(presence->subscribe(abroad, ann.user)).error().is(kContactNotFound));
  EXPECT_TRUE(world.wait(presence->subscribe(guest, ann.user)).error().is(kContactNotFound));
  EXPECT_TRUE(world.wait(presence->approve(ann, bob.user)).error().is(kContactNotFound));
}

TEST_F(PresenceTest, someone_idle_on_every_device_is_away_until_touched) {
  befriend(ann, bob);
  stop();
  limits.away_after_ms = 1'000;
  start();
  ann = world.sign_in(11, 501);
  bob = world.sign_in(12, 502);
  tick();
  world.clock.monotonic += 5'000;
  presence->sweep_idle();
  tick();
  EXPECT_EQ(seen(ann, bob.user), "away");
  presence->touch(bob);
  EXPECT_EQ(seen(ann, bob.user), "online");
}

TEST_F(PresenceTest, a_storm_of_sign_ins_is_one_delta_a_person_and_tick) {
  std::vector<identity::Actor> crowd;
  for (std::uint64_t i = 0; i < 50; ++i) {
    crowd.push_back(world.person(100 + i));
    befriend(ann, crowd.back());
  }
  for (const auto& each : crowd) world.sign_out(each);
  tick();
  world.door.sent.clear();
  stop();
  limits.tick_ms = 50;
  start();
  ann = world.sign_in(11, 501);
  tick();
  world.door.sent.clear();
  for (std::uint64_t round = 0; round < 5; ++round) {
    std::vector<identity::Actor> back;
    for (std::uint64_t i = 0; i < 50; ++i) back.push_back(world.sign_in(100 + i, 600 + i));
    if (round == 4) break;
    for (const auto& each : back) world.sign_out(each);
  }
  for (int i = 0; i < 10; ++i) tick();
  EXPECT_THAT(told(ann), SizeIs(50));
  EXPECT_LE(world.door.of<sync::PresenceChanged>(ann).size(), 5U);
}

TEST_F(PresenceTest, a_session_watches_at_most_so_many_people) {
  stop();
  limits.visible_users = 3;
  start();
  ann = world.sign_in(11, 501);
  std::vector<UserId> users;
  for (std::uint64_t i = 0; i < 5; ++i) {
    const auto other = world.person(100 + i);
    users.push_back(other.user);
    befriend(ann, other);
  }
  EXPECT_THAT(*world.wait(presence->get(ann, users)), SizeIs(3));
}

}  // namespace
}  // namespace conclave::presence
