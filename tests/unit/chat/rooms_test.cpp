#include <gmock/gmock.h>

#include "hsm/api/errors.hpp"
#include "runtime/chat/errors.hpp"
#include "tests/support/chat_world.hpp"

namespace conclave::chat {
namespace {

using identity::Role;
using testing::ChatWorld;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RoomsTest : public ::testing::Test {
 protected:
  ChatWorld world;
  identity::Actor ann = world.person(11);
  identity::Actor bob = world.person(12);
  identity::Actor cay = world.person(13);
  Rooms& rooms() { return world.chat->rooms(); }
  MemberState state_of(const identity::Actor& reader, RoomId room, const identity::Actor& who) {
    const auto page = rooms().members(reader, room, {}, 200);
    for (const auto& member : page->members) {
      if (member.user == who.user) return member.state;
    }
    return MemberState::none;
  }
};

TEST_F(RoomsTest, the_creator_owns_the_room_and_sees_its_profile_after_a_restart) {
  const auto made = world.wait(rooms().create(ann, {.name = "Plans", .topic = "next"}));
  ASSERT_TRUE(made);
  world.restart();
  const auto view = rooms().get(ann, made->room);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->name, "Plans");
  EXPECT_EQ(view->topic, "next");
  EXPECT_EQ(view->role, RoomRole::owner);
  EXPECT_EQ(view->members, 1U);
}

TEST_F(RoomsTest, outsiders_and_other_tenants_find_nothing) {
  const RoomId room = world.room(ann);
  const auto stranger = world.person(14);
  const auto abroad = world.person(11, {Role::member}, TenantId{2});
  for (const auto& actor : {stranger, abroad}) {
    EXPECT_TRUE(rooms().get(actor, room).error().is(kRoomNotFound));
    EXPECT_TRUE(rooms().members(actor, room, {}, 10).error().is(kRoomNotFound));
    EXPECT_TRUE(world.say(actor, room, "hi").error().is(kRoomNotFound));
    EXPECT_TRUE(world.wait(world.chat->messages().history(actor, {.room = room}))
                    .error()
                    .is(kRoomNotFound));
    EXPECT_TRUE(world.wait(rooms().join(actor, room)).error().is(kRoomNotFound));
    EXPECT_TRUE(world.wait(rooms().leave(actor, room)).error().is(kRoomNotFound));
    EXPECT_TRUE(world.wait(rooms().remove(actor, room)).error().is(kRoomNotFound));
    EXPECT_TRUE(world.wait(world.chat->marks().read(actor, room, 1)).error().is(kRoomNotFound));
  }
}

TEST_F(RoomsTest, people_of_another_tenant_cannot_be_invited_or_written_to) {
  const auto abroad = world.person(21, {Role::member}, TenantId{2});
  const RoomId room = world.room(ann);
  EXPECT_TRUE(world.wait(rooms().invite(ann, room, {abroad.user})).error().is(kUserNotFound));
  EXPECT_TRUE(world.wait(rooms().direct(ann, abroad.user)).error().is(kUserNotFound));
}

TEST_F(RoomsTest, a_pair_has_one_direct_conversation) {
  world.store.hold = true;
  auto first = std::make_shared<std::optional<Result<RoomView>>>();
  auto second = std::make_shared<std::optional<Result<RoomView>>>();
  world.tasks.spawn(testing::keep_answer(rooms().direct(ann, bob.user), first));
  world.tasks.spawn(testing::keep_answer(rooms().direct(bob, ann.user), second));
  world.run();
  world.store.hold = false;
  world.store.release_all();
  while (!*first || !*second) world.step();
  ASSERT_TRUE(**first && **second);
  EXPECT_EQ((**first)->room, (**second)->room);
  EXPECT_EQ((**first)->peer, bob.user);
  EXPECT_EQ((**second)->peer, ann.user);
  world.restart();
  EXPECT_EQ(world.wait(rooms().direct(bob, ann.user))->room, (**first)->room);
}

TEST_F(RoomsTest, a_direct_conversation_that_failed_to_be_stored_can_be_begun_again) {
  world.keys.broken = &hsm::api::kTokenUnavailable;
  EXPECT_FALSE(world.wait(rooms().direct(ann, bob.user)));
  world.keys.broken = nullptr;
  EXPECT_TRUE(world.wait(rooms().direct(ann, bob.user)));
}

TEST_F(RoomsTest, invitations_are_accepted_or_declined) {
  const auto made = world.wait(rooms().create(ann, {.name = "R", .invite = {bob.user, cay.user}}));
  ASSERT_TRUE(made);
  EXPECT_EQ(rooms().get(bob, made->room)->state, MemberState::invited);
  EXPECT_TRUE(world.say(bob, made->room, "early").error().is(kRoomNotFound));
  EXPECT_TRUE(world.wait(rooms().accept(bob, made->room)));
  EXPECT_TRUE(world.wait(rooms().decline(cay, made->room)));
  EXPECT_TRUE(world.say(bob, made->room, "hello"));
  EXPECT_TRUE(rooms().get(cay, made->room).error().is(kRoomNotFound));
  EXPECT_TRUE(world.wait(rooms().accept(cay, made->room)).error().is(kRoomNotFound));
}

TEST_F(RoomsTest, guests_reach_only_rooms_that_they_were_invited_to) {
  const auto guest = world.person(15, {Role::guest});
  const RoomId open = world.room(ann, {}, JoinRule::open);
  EXPECT_THAT(rooms().find(guest, "plan", 10), IsEmpty());
  EXPECT_TRUE(world.wait(rooms().join(guest, open)).error().is(kRoomNotFound));
  EXPECT_TRUE(world.wait(rooms().create(guest, {.name = "G"})).error().is(kRoomDenied));
  EXPECT_TRUE(world.wait(rooms().direct(guest, ann.user)).error().is(kRoomDenied));
  ASSERT_TRUE(world.wait(rooms().invite(ann, open, {guest.user})));
  EXPECT_TRUE(world.wait(rooms().accept(guest, open)));
  EXPECT_TRUE(world.say(guest, open, "thanks"));
}

TEST_F(RoomsTest, open_rooms_are_found_by_name_and_joined) {
  const RoomId open = world.room(ann, {}, JoinRule::open);
  const RoomId closed = world.room(ann);
  const auto cards = rooms().find(bob, "PLAN", 10);
  ASSERT_THAT(cards, SizeIs(1));
  EXPECT_EQ(cards[0].room, open);
  EXPECT_FALSE(cards[0].joined);
  EXPECT_TRUE(world.wait(rooms().join(bob, open)));
  EXPECT_TRUE(world.wait(rooms().join(bob, closed)).error().is(kRoomNotFound));
}

TEST_F(RoomsTest, roles_bound_what_one_may_do) {
  const RoomId room = world.room(ann, {bob, cay});
  EXPECT_TRUE(world.wait(rooms().kick(bob, room, cay.user)).error().is(kRoomDenied));
  EXPECT_TRUE(
      world.wait(rooms().set_role(bob, room, bob.user, RoomRole::owner)).error().is(kRoomDenied));
  ASSERT_TRUE(world.wait(rooms().set_role(ann, room, bob.user, RoomRole::moderator)));
  EXPECT_TRUE(world.wait(rooms().kick(bob, room, ann.user)).error().is(kRoomDenied));
  EXPECT_TRUE(world.wait(rooms().kick(bob, room, cay.user, "noise")));
  EXPECT_TRUE(world.say(cay, room, "still here?").error().is(kRoomNotFound));
  ASSERT_TRUE(world.wait(rooms().set_role(ann, room, bob.user, RoomRole::read_only)));
  EXPECT_TRUE(world.say(bob, room, "hush").error().is(kRoomDenied));
}

TEST_F(RoomsTest, permissions_say_who_may_send) {
  const RoomId room = world.room(ann, {bob});
  PermissionChange change;
  change.send = RoomRole::moderator;
  EXPECT_TRUE(world.wait(rooms().set_permissions(bob, room, change)).error().is(kRoomDenied));
  const auto view = world.wait(rooms().set_permissions(ann, room, change));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->permissions.send, RoomRole::moderator);
  EXPECT_TRUE(world.say(bob, room, "no").error().is(kRoomDenied));
  world.restart();
  EXPECT_EQ(rooms().get(ann, room)->permissions.send, RoomRole::moderator);
}

TEST_F(RoomsTest, a_banned_person_stays_out_until_unbanned) {
  const RoomId room = world.room(ann, {bob}, JoinRule::open);
  ASSERT_TRUE(world.wait(rooms().ban(ann, room, bob.user)));
  EXPECT_TRUE(world.wait(rooms().join(bob, room)).error().is(kRoomDenied));
  EXPECT_TRUE(world.wait(rooms().invite(ann, room, {bob.user})).error().is(kRoomDenied));
  EXPECT_THAT(rooms().find(bob, "plan", 10), IsEmpty());
  EXPECT_EQ(state_of(ann, room, bob), MemberState::banned);
  ASSERT_TRUE(world.wait(rooms().unban(ann, room, bob.user)));
  EXPECT_TRUE(world.wait(rooms().join(bob, room)));
}

TEST_F(RoomsTest, a_room_keeps_an_owner_when_the_last_one_leaves) {
  const RoomId room = world.room(ann, {bob, cay});
  EXPECT_TRUE(
      world.wait(rooms().set_role(ann, room, ann.user, RoomRole::member)).error().is(kRoomDenied));
  ASSERT_TRUE(world.wait(rooms().set_role(ann, room, cay.user, RoomRole::moderator)));
  ASSERT_TRUE(world.wait(rooms().leave(ann, room)));
  EXPECT_EQ(rooms().get(cay, room)->role, RoomRole::owner);
  EXPECT_EQ(rooms().get(bob, room)->role, RoomRole::member);
}

TEST_F(RoomsTest, a_removed_member_is_told_and_hears_no_more) {
  const RoomId room = world.room(ann, {bob});
  world.door.sent.clear();
  ASSERT_TRUE(world.wait(rooms().kick(ann, room, bob.user)));
  ASSERT_TRUE(world.say(ann, room, "between us"));
  EXPECT_THAT(world.door.of<sync::RoomUpdated>(bob), SizeIs(1));
  EXPECT_THAT(world.door.of<sync::RoomEntries>(bob), IsEmpty());
  EXPECT_EQ(rooms().view(bob, room)->state, MemberState::kicked);
}

TEST_F(RoomsTest, what_follows_a_kick_in_the_same_batch_is_refused) {
  const RoomId room = world.room(ann, {bob});
  world.store.hold = true;
  const auto filler = world.send(ann, {.room = room, .client_id = 90, .text = "x"});
  auto kicked = std::make_shared<std::optional<Result<void>>>();
  world.tasks.spawn(testing::keep_answer(rooms().kick(ann, room, bob.user), kicked));
  world.run();
  const auto late = world.send(bob, {.room = room, .client_id = 90, .text = "late"});
  world.store.hold = false;
  world.store.release_all();
  EXPECT_TRUE(world.settle(late).error().is(kRoomNotFound));
  while (!*kicked) world.step();
  EXPECT_TRUE(**kicked);
}

TEST_F(RoomsTest, deleting_a_room_removes_it_and_its_key_for_good) {
  const RoomId room = world.room(ann, {bob});
  ASSERT_TRUE(world.say(ann, room, "gone soon"));
  EXPECT_TRUE(world.wait(rooms().remove(bob, room)).error().is(kRoomDenied));
  world.door.sent.clear();
  ASSERT_TRUE(world.wait(rooms().remove(ann, room)));
  world.run();
  EXPECT_THAT(world.door.of<sync::RoomUpdated>(bob), SizeIs(1));
  EXPECT_EQ(rooms().view(bob, room)->state, MemberState::left);
  EXPECT_TRUE(rooms().get(ann, room).error().is(kRoomNotFound));
  EXPECT_TRUE(world.say(ann, room, "?").error().is(kRoomNotFound));
  EXPECT_EQ(world.keys.calls["delete_room_key"], 1);
  EXPECT_THAT(world.store.all_segments(), IsEmpty());
  world.restart();
  EXPECT_TRUE(rooms().get(ann, room).error().is(kRoomNotFound));
  EXPECT_EQ(rooms().view(bob, room)->state, MemberState::left);
}

TEST_F(RoomsTest, the_key_of_a_deleted_room_is_destroyed_after_a_crash_too) {
  const RoomId room = world.room(ann, {bob});
  ASSERT_TRUE(world.say(ann, room, "gone soon"));
  world.keys.on_call = [&](std::string_view name) {
    if (name == "delete_room_key") world.keys.broken = &hsm::api::kTokenUnavailable;
  };
  ASSERT_TRUE(world.wait(rooms().remove(ann, room)));
  world.run();
  EXPECT_TRUE(world.say(ann, room, "?").error().is(kRoomNotFound));
  EXPECT_EQ(world.eraser->waiting(), 1U);
  world.keys.on_call = {};
  world.keys.broken = nullptr;
  world.restart();
  EXPECT_EQ(world.eraser->waiting(), 1U);
  world.tasks.spawn(world.eraser->retry());
  world.run();
  EXPECT_EQ(world.eraser->waiting(), 0U);
  EXPECT_EQ(world.keys.calls["delete_room_key"], 2);
  world.restart();
  EXPECT_EQ(world.eraser->waiting(), 0U);
}

TEST_F(RoomsTest, deleting_a_room_again_as_an_admin_is_answered_alike) {
  const RoomId room = world.room(ann, {bob});
  const auto remove = [&] {
    return world.wait(world.chat->administration().delete_room(ann, ChatWorld::kTenant, room));
  };
  EXPECT_TRUE(remove());
  EXPECT_TRUE(remove());
  world.restart();
  EXPECT_TRUE(remove());
  EXPECT_TRUE(world.wait(world.chat->administration().delete_room(ann, ChatWorld::kTenant, {404}))
                  .error()
                  .is(kRoomNotFound));
}

TEST_F(RoomsTest, a_room_admin_orders_rooms_without_being_inside) {
  const auto admin = world.person(16, {Role::member, Role::room_admin});
  const RoomId room = world.room(ann, {bob});
  EXPECT_TRUE(world.wait(rooms().set_role(admin, room, bob.user, RoomRole::owner)));
  EXPECT_TRUE(
      world.wait(world.chat->messages().history(admin, {.room = room})).error().is(kRoomNotFound));
  EXPECT_EQ(rooms().get(bob, room)->role, RoomRole::owner);
  EXPECT_TRUE(world.wait(rooms().remove(admin, room)));
}

TEST_F(RoomsTest, rows_written_by_hand_give_no_power) {
  const RoomId room = world.room(ann, {bob});
  const RoomId other = world.room(ann, {bob});
  ASSERT_TRUE(world.wait(rooms().ban(ann, other, cay.user)));
  world.shut_down();
  auto& members = world.store.members();
  members[{ChatWorld::kTenant, room, bob.user}].role = 4;    // an owner now?
  members[{ChatWorld::kTenant, other, cay.user}].state = 2;  // no longer banned?
  world.boot();
  EXPECT_TRUE(rooms().get(bob, room).error().is(kRoomNotFound));
  EXPECT_TRUE(rooms().get(cay, other).error().is(kRoomNotFound));
  EXPECT_TRUE(rooms().get(bob, other));
  EXPECT_THAT(world.metrics->exposition(), ::testing::HasSubstr("conclave_chat_alarms_total 2"));
}

TEST_F(RoomsTest, a_room_whose_rules_were_rewritten_is_closed_to_all) {
  const RoomId room = world.room(ann, {bob});
  world.shut_down();
  world.store.rooms()[{ChatWorld::kTenant, room}].power[3] = 1;  // everybody may send
  world.boot();
  EXPECT_TRUE(rooms().get(ann, room).error().is(kRoomNotFound));
}

TEST_F(RoomsTest, a_full_room_takes_nobody) {
  Limits limits;
  limits.room_members = 2;
  ChatWorld small(1, limits);
  const auto one = small.person(11);
  const auto two = small.person(12);
  const auto three = small.person(13);
  const RoomId room = small.room(one, {two}, JoinRule::open);
  EXPECT_TRUE(small.wait(small.chat->rooms().join(three, room)).error().is(kRoomFull));
  EXPECT_TRUE(
      small.wait(small.chat->rooms().invite(one, room, {three.user})).error().is(kRoomFull));
}

TEST_F(RoomsTest, many_joins_at_once_reach_a_room_as_few_events) {
  const RoomId room = world.room(ann, {}, JoinRule::open);
  std::vector<identity::Actor> crowd;
  for (std::uint64_t i = 0; i < 40; ++i) crowd.push_back(world.person(100 + i));
  world.door.sent.clear();
  std::vector<std::shared_ptr<std::optional<Result<RoomView>>>> answers;
  for (const auto& each : crowd) {
    answers.push_back(std::make_shared<std::optional<Result<RoomView>>>());
    world.tasks.spawn(testing::keep_answer(rooms().join(each, room), answers.back()));
  }
  for (const auto& answer : answers) {
    while (!*answer) world.step();
    EXPECT_TRUE(**answer);
  }
  EXPECT_LE(world.door.of<sync::RoomEntries>(ann).size(), 4U);
  EXPECT_EQ(rooms().get(ann, room)->members, 41U);
}

TEST_F(RoomsTest, lists_of_rooms_and_members_are_paged) {
  for (int i = 0; i < 5; ++i) world.room(ann, {bob});
  const auto first = rooms().list(ann, {}, 3);
  ASSERT_THAT(first.rooms, SizeIs(3));
  ASSERT_TRUE(first.next);
  const auto second = rooms().list(ann, *first.next, 3);
  EXPECT_THAT(second.rooms, SizeIs(2));
  EXPECT_FALSE(second.next);
  const auto members = rooms().members(ann, first.rooms[0].room, {}, 1);
  ASSERT_TRUE(members);
  ASSERT_TRUE(members->next);
  EXPECT_THAT(rooms().members(ann, first.rooms[0].room, *members->next, 1)->members, SizeIs(1));
}

}  // namespace
}  // namespace conclave::chat
