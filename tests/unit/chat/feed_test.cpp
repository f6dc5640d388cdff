#include <gmock/gmock.h>

#include "runtime/chat/errors.hpp"
#include "runtime/sync/cursor.hpp"
#include "runtime/sync/errors.hpp"
#include "tests/support/chat_world.hpp"

namespace conclave::chat {
namespace {

using testing::ChatWorld;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FeedTest : public ::testing::Test {
 protected:
  ChatWorld world;
  identity::Actor ann = world.person(11);
  identity::Actor bob = world.person(12);
  RoomId room = world.room(ann, {bob});

  SincePage since(const identity::Actor& actor, std::string cursor, std::size_t limit = 50,
                  std::size_t tail = 10) {
    auto page = world.wait(
        world.chat->feed().since(actor, {.cursor = cursor, .limit = limit, .tail = tail}));
    EXPECT_TRUE(page) << page.error().text();
    return page.value_or(SincePage{});
  }
};

TEST_F(FeedTest, from_the_beginning_it_is_everything_and_afterwards_nothing) {
  ASSERT_TRUE(world.say(ann, room, "hello"));
  ASSERT_TRUE(world.wait(world.states->set(bob, "settings.a", "1")));
  const auto all = since(bob, "");
  EXPECT_FALSE(all.more);
  EXPECT_FALSE(all.reset);
  ASSERT_THAT(all.rooms, SizeIs(1));
  EXPECT_EQ(all.rooms[0].room.unread, 1U);
  EXPECT_EQ(all.rooms[0].entries.back().entry.body, R"({"text":"hello"})");
  ASSERT_THAT(all.states, SizeIs(1));
  const auto none = since(bob, all.cursor);
  EXPECT_THAT(none.rooms, IsEmpty());
  EXPECT_THAT(none.states, IsEmpty());
  EXPECT_EQ(none.cursor, all.cursor);
}

TEST_F(FeedTest, a_device_that_was_away_gets_only_what_changed) {
  const RoomId other = world.room(ann, {bob});
  const auto cursor = since(bob, "").cursor;
  ASSERT_TRUE(world.say(ann, room, "news"));
  const auto page = since(bob, cursor);
  ASSERT_THAT(page.rooms, SizeIs(1));
  EXPECT_EQ(page.rooms[0].room.room, room);
  EXPECT_NE(page.rooms[0].room.room, other);
}

TEST_F(FeedTest, pages_cover_every_change_once) {
  std::set<RoomId> made{room};
  for (int i = 0; i < 9; ++i) made.insert(world.room(ann, {bob}));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(world.wait(world.states->set(bob, "settings.k" + std::to_string(i), "1")));
  }
  std::set<RoomId> rooms;
  std::set<std::string> states;
  std::string cursor;
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = since(bob, cursor, 4);
    EXPECT_LE(page.rooms.size() + page.states.size(), 4U);
    for (const auto& each : page.rooms) EXPECT_TRUE(rooms.insert(each.room.room).second);
    for (const auto& each : page.states) EXPECT_TRUE(states.insert(each.key).second);
    cursor = page.cursor;
    if (!page.more) break;
  }
  EXPECT_EQ(rooms, made);
  EXPECT_THAT(states, SizeIs(5));
  EXPECT_EQ(cursor, world.chat->feed().current_cursor(ChatWorld::kTenant));
}

TEST_F(FeedTest, cold_rooms_are_read_several_at_a_time_and_answered_in_order) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.say(ann, world.room(ann, {bob}), "hello"));
  const auto warm = since(bob, "", 100);
  world.restart();
  const auto again = world.sign_in(12, 500);
  world.store.hold_reads = true;
  auto page = std::make_shared<std::optional<Result<SincePage>>>();
  world.tasks.spawn(testing::keep_answer<Result<SincePage>>(
      world.chat->feed().since(again, {.cursor = "", .limit = 100, .tail = 10}), page));
  world.run();
  EXPECT_EQ(world.store.held_reads(), 8U);
  world.store.hold_reads = false;
  while (!page->has_value()) {
    world.store.release_reads();
    world.run();
  }
  ASSERT_TRUE(**page);
  const auto& cold = (***page).rooms;
  ASSERT_EQ(cold.size(), warm.rooms.size());
  for (std::size_t i = 0; i < cold.size(); ++i) {
    EXPECT_EQ(cold[i].room.room, warm.rooms[i].room.room);
    EXPECT_EQ(cold[i].entries.size(), warm.rooms[i].entries.size());
  }
}

TEST_F(FeedTest, a_failed_read_fails_the_page) {
  ASSERT_TRUE(world.say(ann, world.room(ann, {bob}), "hello"));
  world.restart();
  const auto again = world.sign_in(12, 500);
  world.store.broken_reads = &store::kStoreBusy;
  const auto page = world.wait(world.chat->feed().since(again, {.limit = 50, .tail = 10}));
  world.store.broken_reads = nullptr;
  EXPECT_FALSE(page);
}

TEST_F(FeedTest, old_tombstones_go_while_the_server_runs_and_older_cursors_start_over) {
  const auto before = since(bob, "").cursor;
  ASSERT_TRUE(world.wait(world.chat->rooms().leave(bob, room)));
  const auto after = since(bob, "").cursor;
  const auto upkeep = [&](std::int64_t later_ms) {
    world.clock.utc += later_ms;
    world.clock.monotonic += later_ms;
    world.tasks.spawn(world.chat->upkeep());
    world.run();
  };
  upkeep(world.limits.expiry_interval_ms - 1);
  EXPECT_THAT(world.store.snapshot().members, SizeIs(2));
  upkeep(1);
  EXPECT_THAT(world.store.snapshot().members, SizeIs(2)) << "a tombstone is kept for its time";
  EXPECT_FALSE(since(bob, before).reset);
  upkeep(world.limits.tombstone_ms);
  EXPECT_THAT(world.store.snapshot().members, SizeIs(1));
  EXPECT_TRUE(since(bob, before).reset);
  EXPECT_FALSE(since(bob, after).reset);
}

TEST_F(FeedTest, a_quiet_room_that_is_deleted_leaves_tombstones_for_their_full_time) {
  const auto before = since(bob, "").cursor;
  world.clock.utc += 2 * world.limits.tombstone_ms;
  ASSERT_TRUE(world.wait(world.chat->rooms().remove(ann, room)));
  world.clock.monotonic += world.limits.expiry_interval_ms;
  world.tasks.spawn(world.chat->upkeep());
  world.run();
  EXPECT_FALSE(since(bob, before).reset);
  EXPECT_THAT(since(bob, before).rooms, SizeIs(1));
}

TEST_F(FeedTest, a_room_that_was_left_is_told_of_once) {
  const auto cursor = since(bob, "").cursor;
  ASSERT_TRUE(world.wait(world.chat->rooms().kick(ann, room, bob.user)));
  ASSERT_TRUE(world.say(ann, room, "alone"));
  const auto page = since(bob, cursor);
  ASSERT_THAT(page.rooms, SizeIs(1));
  EXPECT_EQ(page.rooms[0].room.state, MemberState::kicked);
  EXPECT_THAT(page.rooms[0].entries, IsEmpty());
  EXPECT_EQ(page.rooms[0].room.head_seq, 0U);
  EXPECT_THAT(since(bob, page.cursor).rooms, IsEmpty());
  EXPECT_THAT(since(bob, "").rooms, IsEmpty());
}

TEST_F(FeedTest, a_deleted_room_is_told_of_after_a_restart) {
  const auto cursor = since(bob, "").cursor;
  ASSERT_TRUE(world.wait(world.chat->rooms().remove(ann, room)));
  world.restart();
  const auto page = since(bob, cursor);
  ASSERT_THAT(page.rooms, SizeIs(1));
  EXPECT_EQ(page.rooms[0].room.state, MemberState::left);
}

TEST_F(FeedTest, read_marks_of_another_device_reach_one_that_was_away) {
  const auto sent = world.say(ann, room, "hello");
  const auto cursor = since(bob, "").cursor;
  const auto phone = world.sign_in(12, 400);
  world.door.sent.clear();
  ASSERT_TRUE(world.wait(world.chat->marks().read(phone, room, sent->seq)));
  ASSERT_THAT(world.door.of<sync::ReceiptChanged>(bob), SizeIs(1));
  EXPECT_TRUE(world.door.of<sync::ReceiptChanged>(bob)[0].own);
  EXPECT_EQ(world.door.of<sync::ReceiptChanged>(bob)[0].unread, 0U);
  for (const bool restarted : {false, true}) {
    if (restarted) world.restart();
    const auto page = since(bob, cursor);
    ASSERT_THAT(page.rooms, SizeIs(1));
    EXPECT_EQ(page.rooms[0].room.unread, 0U);
    EXPECT_EQ(page.rooms[0].room.read_seq, sent->seq);
  }
}

TEST_F(FeedTest, a_cursor_of_another_life_of_the_store_resets) {
  const auto cursor = since(bob, "").cursor;
  world.shut_down();
  world.store.epoch = 2;
  world.boot();
  const auto page = since(bob, cursor);
  EXPECT_TRUE(page.reset);
  EXPECT_THAT(page.rooms, SizeIs(1));
  EXPECT_FALSE(since(bob, page.cursor).reset);
}

TEST_F(FeedTest, a_cursor_from_the_future_resets_and_a_broken_one_is_refused) {
  EXPECT_TRUE(since(bob, world.chat->feed().cursor_at(1'000'000)).reset);
  const auto broken = world.wait(world.chat->feed().since(bob, {.cursor = "nonsense"}));
  EXPECT_TRUE(broken.error().is(sync::kCursorInvalid));
}

TEST_F(FeedTest, the_cursor_of_an_event_never_skips_an_event_that_is_still_to_come) {
  std::vector<RoomId> rooms{room};
  for (int i = 0; i < 4; ++i) rooms.push_back(world.room(ann, {bob}));
  world.store.hold = true;
  std::vector<ChatWorld::Answer> answers;
  for (std::uint64_t id = 1; id <= 30; ++id) {
    answers.push_back(
        world.send(ann, {.room = rooms[id % 5], .client_id = id, .text = std::to_string(id)}));
  }
  world.run();
  world.door.sent.clear();
  world.store.hold = false;
  world.store.release_all();
  for (const auto& answer : answers) ASSERT_TRUE(world.settle(answer));
  std::uint64_t last = 0;
  for (const auto& event : world.door.of<sync::RoomEntries>(bob)) {
    EXPECT_GT(event.pos, last);
    last = event.pos;
  }
  EXPECT_EQ(last, world.ledger->visible(ChatWorld::kTenant));
}

TEST_F(FeedTest, receipts_reach_members_of_small_rooms_only) {
  Limits limits;
  limits.receipt_push_members = 2;
  limits.receipt_push_ms = 1;
  ChatWorld small(1, limits);
  const auto one = small.person(11);
  const auto two = small.person(12);
  const auto three = small.person(13);
  const RoomId pair = small.room(one, {two});
  const RoomId trio = small.room(one, {two, three});
  for (const RoomId each : {pair, trio}) {
    const auto sent = small.say(one, each, "hello");
    ASSERT_TRUE(small.wait(small.chat->marks().read(two, each, sent->seq)));
  }
  while (small.door.of<sync::ReceiptChanged>(one).empty()) small.step();
  const auto told = small.door.of<sync::ReceiptChanged>(one);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].room, pair);
  EXPECT_EQ(told[0].user, two.user);
  EXPECT_FALSE(told[0].own);
  const auto listed = small.chat->marks().list(one, trio, {}, 10);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->receipts[1].user, two.user);
  EXPECT_EQ(listed->receipts[1].read_seq, small.chat->rooms().get(one, trio)->head_seq);
}

TEST_F(FeedTest, marks_only_rise_and_count_messages) {
  std::vector<std::uint64_t> seqs;
  for (int i = 0; i < 100; ++i) seqs.push_back(world.say(ann, room, "x")->seq);
  EXPECT_EQ(world.chat->rooms().get(bob, room)->unread, 100U);
  ASSERT_TRUE(world.wait(world.chat->marks().read(bob, room, seqs[9])));
  EXPECT_EQ(world.chat->rooms().get(bob, room)->unread, 90U);
  ASSERT_TRUE(world.wait(world.chat->marks().read(bob, room, seqs[4])));
  EXPECT_EQ(world.chat->rooms().get(bob, room)->unread, 90U);
  ASSERT_TRUE(world.wait(world.chat->marks().read(bob, room, 1'000'000)));
  EXPECT_EQ(world.chat->rooms().get(bob, room)->unread, 0U);
  EXPECT_EQ(world.chat->rooms().get(ann, room)->unread, 0U);  // whoever writes has read
}

TEST_F(FeedTest, typing_is_shown_to_the_others_and_ends_by_itself) {
  world.door.sent.clear();
  ASSERT_TRUE(world.chat->marks().typing(ann, room, true));
  ASSERT_TRUE(world.chat->marks().typing(ann, room, true));
  EXPECT_THAT(world.door.of<sync::TypingChanged>(bob), SizeIs(1));
  EXPECT_THAT(world.door.of<sync::TypingChanged>(ann), IsEmpty());
  world.clock.monotonic += 11'000;
  while (world.door.of<sync::TypingChanged>(bob).size() < 2) world.step();
  EXPECT_FALSE(world.door.of<sync::TypingChanged>(bob)[1].active);
}

}  // namespace
}  // namespace conclave::chat
