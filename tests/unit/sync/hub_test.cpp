#include "runtime/sync/hub.hpp"

#include <gmock/gmock.h>

#include "tests/support/chat_world.hpp"

namespace conclave::sync {
namespace {

using testing::TestDoor;
using ::testing::SizeIs;

identity::Actor actor(std::uint64_t user, std::uint64_t session, std::uint64_t tenant = 1) {
  return {TenantId{tenant}, UserId{user}, DeviceId{session}, SessionId{session}, {}};
}

TEST(Hub, sessions_are_found_by_person_within_the_tenant_only) {
  Hub hub;
  TestDoor door;
  hub.open(actor(1, 10), door, nullptr);
  hub.open(actor(1, 11), door, nullptr);
  hub.open(actor(1, 12, 2), door, nullptr);
  EXPECT_THAT(hub.sessions_of(TenantId{1}, UserId{1}), SizeIs(2));
  EXPECT_THAT(hub.sessions_of(TenantId{2}, UserId{1}), SizeIs(1));
  EXPECT_THAT(hub.sessions_of(TenantId{3}, UserId{1}), SizeIs(0));
  hub.close(SessionId{10});
  hub.close(SessionId{10});
  EXPECT_EQ(hub.find(SessionId{10}), nullptr);
  EXPECT_THAT(hub.sessions_of(TenantId{1}, UserId{1}), SizeIs(1));
}

TEST(Hub, hands_an_event_to_each_door_once) {
  Hub hub;
  TestDoor first;
  TestDoor second;
  std::vector<Subscriber*> all;
  for (std::uint64_t i = 1; i <= 6; ++i) {
    all.push_back(&hub.open(actor(i, i), i % 2 == 0 ? first : second, nullptr));
  }
  hub.publish(Lagged{}, all);
  EXPECT_EQ(first.deliveries, 1U);
  EXPECT_EQ(second.deliveries, 1U);
  EXPECT_THAT(first.sent, SizeIs(3));
  EXPECT_THAT(second.sent, SizeIs(3));
}

TEST(Hub, tells_a_person_on_every_device_but_the_one_that_asked) {
  Hub hub;
  TestDoor door;
  hub.open(actor(1, 10), door, nullptr);
  hub.open(actor(1, 11), door, nullptr);
  hub.publish_to_user(Lagged{}, TenantId{1}, UserId{1}, SessionId{10});
  EXPECT_EQ(door.sent.count(SessionId{10}), 0U);
  EXPECT_EQ(door.sent.count(SessionId{11}), 1U);
}

TEST(Hub, log_events_are_never_of_lesser_urgency) {
  EXPECT_EQ(urgency_of(RoomEntries{}), Urgency::log);
  EXPECT_EQ(urgency_of(RoomUpdated{}), Urgency::log);
  EXPECT_EQ(urgency_of(StateChanged{}), Urgency::log);
  EXPECT_EQ(urgency_of(ReceiptChanged{}), Urgency::receipt);
  EXPECT_EQ(urgency_of(PresenceChanged{}), Urgency::presence);
  EXPECT_EQ(urgency_of(TypingChanged{}), Urgency::typing);
}

class Follower : public HubObserver {
 public:
  int opened = 0;
  int closing = 0;
  void session_opened(Subscriber&) override { ++opened; }
  void session_closing(Subscriber&) override { ++closing; }
};

TEST(Hub, observers_follow_sessions) {
  Hub hub;
  TestDoor door;
  Follower follower;
  hub.add_observer(follower);
  hub.open(actor(1, 10), door, nullptr);
  hub.close(SessionId{10});
  hub.remove_observer(follower);
  hub.open(actor(1, 11), door, nullptr);
  EXPECT_EQ(follower.opened, 1);
  EXPECT_EQ(follower.closing, 1);
}

}  // namespace
}  // namespace conclave::sync
