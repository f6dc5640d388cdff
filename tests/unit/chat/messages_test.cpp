#include <gmock/gmock.h>

#include "hsm/api/errors.hpp"
#include "runtime/chat/errors.hpp"
#include "tests/support/chat_world.hpp"

namespace conclave::chat {
namespace {

using testing::ChatWorld;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MessagesTest : public ::testing::Test {
 protected:
  ChatWorld world;
  identity::Actor ann = world.person(11);
  identity::Actor bob = world.person(12);
  RoomId room = world.room(ann, {bob});

  std::uint64_t head() { return world.chat->rooms().get(ann, room)->head_seq; }
};

TEST_F(MessagesTest, a_message_reaches_the_other_member_after_it_is_stored) {
  world.store.hold = true;
  const auto answer = world.send(ann, {.room = room, .client_id = 1, .text = "hello"});
  world.run();
  EXPECT_FALSE(*answer);
  world.door.sent.clear();
  world.store.release_all();
  world.run();
  ASSERT_TRUE(*answer);
  ASSERT_TRUE(**answer);
  const auto events = world.door.of<sync::RoomEntries>(bob);
  ASSERT_THAT(events, SizeIs(1));
  ASSERT_THAT(events[0].entries, SizeIs(1));
  EXPECT_EQ(events[0].entries[0].body, R"({"text":"hello"})");
  EXPECT_EQ(events[0].entries[0].seq, (**answer)->seq);
  EXPECT_EQ(events[0].pos, (**answer)->pos);
}

TEST_F(MessagesTest, seqs_have_no_gap_and_n_counts_messages_only) {
  const std::uint64_t before = head();
  const auto first = world.say(ann, room, "one");
  const auto reaction = world.write<ReactMessage>(
      &Messages::react, bob,
      {.room = room, .client_id = 20, .target = first->seq, .emoji = "\xF0\x9F\x91\x8D"});
  const auto second = world.say(bob, room, "two");
  ASSERT_TRUE(first && reaction && second);
  EXPECT_EQ(first->seq, before + 1);
  EXPECT_EQ(reaction->seq, before + 2);
  EXPECT_EQ(second->seq, before + 3);
  EXPECT_EQ(first->n, 1U);
  EXPECT_EQ(reaction->n, 1U);
  EXPECT_EQ(second->n, 2U);
}

TEST_F(MessagesTest, the_same_request_again_gets_the_same_answer_and_stores_nothing) {
  const SendMessage message{.room = room, .client_id = 7, .text = "once"};
  const auto first = world.settle(world.send(ann, message));
  const auto again = world.settle(world.send(ann, message));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->seq, again->seq);
  EXPECT_EQ(first->n, again->n);
  EXPECT_EQ(first->ts_ms, again->ts_ms);
  EXPECT_TRUE(again->repeat);
  EXPECT_EQ(head(), first->seq);
}

TEST_F(MessagesTest, a_repeat_while_the_first_is_on_its_way_joins_it) {
  world.store.hold = true;
  const SendMessage message{.room = room, .client_id = 7, .text = "once"};
  const auto first = world.send(ann, message);
  world.run();
  const auto again = world.send(ann, message);
  const auto other = world.send(ann, {.room = room, .client_id = 7, .text = "other"});
  world.run();
  ASSERT_TRUE(*other);
  EXPECT_TRUE((*other)->error().is(kClientIdConflict));
  world.store.hold = false;
  world.store.release_all();
  EXPECT_EQ(world.settle(first)->seq, world.settle(again)->seq);
  EXPECT_EQ(head(), world.settle(first)->seq);
}

TEST_F(MessagesTest, a_repeat_is_compared_with_the_stored_original_after_a_restart) {
  const SendMessage message{.room = room, .client_id = 7, .text = "once"};
  const auto first = world.settle(world.send(ann, message));
  world.restart();
  const auto again = world.settle(world.send(ann, message));
  ASSERT_TRUE(again);
  EXPECT_EQ(first->seq, again->seq);
  const auto other = world.settle(world.send(ann, {.room = room, .client_id = 7, .text = "two"}));
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().is(kClientIdConflict));
}

TEST_F(MessagesTest, a_counter_older_than_the_ring_is_stale_and_names_the_highest) {
  for (std::uint64_t id = 1; id <= 100; ++id) {
    ASSERT_TRUE(world.settle(world.send(ann, {.room = room, .client_id = id, .text = "x"})));
  }
  const auto old = world.settle(world.send(ann, {.room = room, .client_id = 20, .text = "x"}));
  ASSERT_FALSE(old);
  EXPECT_TRUE(old.error().is(kClientIdStale));
  EXPECT_EQ(old.error().detail(), "100");
  const auto kept = world.settle(world.send(ann, {.room = room, .client_id = 40, .text = "x"}));
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->repeat);
}

TEST_F(MessagesTest, more_than_32_unanswered_requests_of_a_device_are_refused) {
  world.store.hold = true;
  std::vector<ChatWorld::Answer> answers;
  for (std::uint64_t id = 1; id <= 33; ++id) {
    answers.push_back(world.send(ann, {.room = room, .client_id = id, .text = "x"}));
  }
  world.run();
  ASSERT_TRUE(*answers.back());
  EXPECT_TRUE((*answers.back())->error().is(kInFlight));
  world.store.hold = false;
  world.store.release_all();
  for (std::size_t i = 0; i < 32; ++i) EXPECT_TRUE(world.settle(answers[i]));
}

TEST_F(MessagesTest, many_requests_become_few_commits) {
  world.store.hold = true;
  std::vector<ChatWorld::Answer> answers;
  for (std::uint64_t id = 1; id <= 30; ++id) {
    answers.push_back(world.send(ann, {.room = room, .client_id = id, .text = "x"}));
  }
  world.run();
  const std::size_t commits = world.store.log.size();
  const int seals = world.keys.calls["seal"];
  world.store.hold = false;
  world.store.release_all();
  for (const auto& answer : answers) ASSERT_TRUE(world.settle(answer));
  EXPECT_LE(world.store.log.size() - commits, 3U);
  EXPECT_LE(world.keys.calls["seal"] - seals, 2);
}

TEST_F(MessagesTest, nothing_is_stored_or_delivered_when_the_token_is_gone) {
  const std::uint64_t before = head();
  world.door.sent.clear();
  world.keys.broken = &hsm::api::kTokenUnavailable;
  const SendMessage message{.room = room, .client_id = 1, .text = "lost?"};
  const auto refused = world.settle(world.send(ann, message));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(hsm::api::kTokenUnavailable));
  EXPECT_THAT(world.door.of<sync::RoomEntries>(bob), IsEmpty());
  EXPECT_EQ(head(), before);
  world.keys.broken = nullptr;
  const auto sent = world.settle(world.send(ann, message));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->seq, before + 1);
  EXPECT_FALSE(sent->repeat);
}

TEST_F(MessagesTest, a_refused_commit_fails_the_batch_behind_it_and_gives_seqs_back) {
  const std::uint64_t before = head();
  world.store.hold = true;
  const auto first = world.send(ann, {.room = room, .client_id = 1, .text = "one"});
  world.run();
  const auto second = world.send(bob, {.room = room, .client_id = 1, .text = "two"});
  world.run();
  world.store.refuse = [](const store::Transaction&) { return &store::kStoreReadOnly; };
  world.store.hold = false;
  world.store.release_all();
  EXPECT_TRUE(world.settle(first).error().is(store::kStoreReadOnly));
  EXPECT_TRUE(world.settle(second).error().is(store::kStoreReadOnly));
  EXPECT_EQ(head(), before);
  world.store.refuse = nullptr;
  EXPECT_EQ(world.say(ann, room, "again")->seq, before + 1);
}

TEST_F(MessagesTest, keys_that_keyd_forgot_are_loaded_again) {
  ASSERT_TRUE(world.say(ann, room, "one"));
  world.keys.forget_refs();
  ASSERT_TRUE(world.say(ann, room, "two"));
  world.restart();
  const auto entries = world.history(ann, room);
  ASSERT_GE(entries.size(), 2U);
  EXPECT_EQ(entries[entries.size() - 2].entry.body, R"({"text":"one"})");
  EXPECT_EQ(entries.back().entry.body, R"({"text":"two"})");
}

TEST_F(MessagesTest, history_shows_the_newest_edit_and_the_reactions) {
  const auto sent = world.say(ann, room, "helo");
  const auto edit = [&](std::uint64_t id, std::string text) {
    return world.write<EditMessage>(
        &Messages::edit, ann,
        {.room = room, .client_id = id, .target = sent->seq, .text = std::move(text)});
  };
  ASSERT_TRUE(edit(100, "hell"));
  const auto last = edit(101, "hello");
  ASSERT_TRUE(last);
  for (const auto& [actor, id] : {std::pair(ann, 102), std::pair(bob, 102)}) {
    ASSERT_TRUE(world.write<ReactMessage>(&Messages::react, actor,
                                          {.room = room,
                                           .client_id = static_cast<std::uint64_t>(id),
                                           .target = sent->seq,
                                           .emoji = "+"}));
  }
  ASSERT_TRUE(world.write<ReactMessage>(
      &Messages::react, ann,
      {.room = room, .client_id = 103, .target = sent->seq, .emoji = "+", .active = false}));
  for (const bool restarted : {false, true}) {
    if (restarted) world.restart();
    const auto read = world.wait(world.chat->messages().get(ann, room, sent->seq));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->entry.body, R"({"text":"hello"})");
    ASSERT_TRUE(read->edited);
    EXPECT_EQ(read->edited->seq, last->seq);
    ASSERT_THAT(read->reactions, SizeIs(1));
    EXPECT_EQ(read->reactions[0].count, 1U);
    EXPECT_FALSE(read->reactions[0].own);
  }
}

TEST_F(MessagesTest, an_edit_changes_the_text_and_leaves_reply_and_thread) {
  const auto root = world.say(ann, room, "root");
  const auto sent = world.write<SendMessage>(&Messages::send, ann,
                                             {.room = room,
                                              .client_id = 100,
                                              .text = "helo",
                                              .reply_to = root->seq,
                                              .thread = root->seq});
  ASSERT_TRUE(sent);
  ASSERT_TRUE(world.write<EditMessage>(
      &Messages::edit, ann,
      {.room = room, .client_id = 101, .target = sent->seq, .text = "hello"}));
  const auto read = world.wait(world.chat->messages().get(ann, room, sent->seq));
  ASSERT_TRUE(read);
  const std::string at = std::to_string(root->seq);
  EXPECT_EQ(read->entry.body,
            R"({"text":"hello","reply_to":)" + at + R"(,"thread":)" + at + "}");
}

TEST_F(MessagesTest, only_the_author_edits) {
  const auto sent = world.say(ann, room, "mine");
  const auto refused = world.write<EditMessage>(
      &Messages::edit, bob, {.room = room, .client_id = 1, .target = sent->seq, .text = "yours"});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kRoomDenied));
}

TEST_F(MessagesTest, redaction_erases_the_message_and_its_edits_from_the_store) {
  const auto other = world.say(ann, room, "stays");
  const auto sent = world.say(ann, room, "secret-one");
  ASSERT_TRUE(world.write<EditMessage>(
      &Messages::edit, ann,
      {.room = room, .client_id = 50, .target = sent->seq, .text = "secret-two"}));
  ASSERT_TRUE(world.write<RedactMessage>(
      &Messages::redact, ann,
      {.room = room, .client_id = 51, .target = sent->seq, .reason = "typo"}));
  for (const bool restarted : {false, true}) {
    if (restarted) world.restart();
    const auto read = world.wait(world.chat->messages().get(bob, room, sent->seq));
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->redacted);
    EXPECT_EQ(read->redacted->by, ann.user);
    EXPECT_THAT(read->entry.body, IsEmpty());
    EXPECT_EQ(world.wait(world.chat->messages().get(bob, room, other->seq))->entry.body,
              R"({"text":"stays"})");
    for (const auto& each : world.history(bob, room, true)) {
      EXPECT_THAT(each.entry.body, ::testing::Not(HasSubstr("secret")));
      EXPECT_FALSE(each.unreadable);
    }
  }
  // Nothing of the text is left in the sealed bytes either: what is stored of the entry has length
  // 0.
  for (const Bytes& segment : world.store.all_segments()) {
    for (const auto& entry : hsm::api::parse_segment(segment)->header.entries) {
      if (entry.seq == sent->seq || entry.seq == sent->seq + 1) EXPECT_EQ(entry.length, 0U);
    }
  }
}

TEST_F(MessagesTest, a_redacted_message_takes_no_more_edits_or_reactions) {
  const auto sent = world.say(ann, room, "gone");
  ASSERT_TRUE(world.write<RedactMessage>(&Messages::redact, ann,
                                         {.room = room, .client_id = 51, .target = sent->seq}));
  const auto edit = world.write<EditMessage>(
      &Messages::edit, ann, {.room = room, .client_id = 52, .target = sent->seq, .text = "back"});
  EXPECT_TRUE(edit.error().is(kMessageNotFound));
  const auto react = world.write<ReactMessage>(
      &Messages::react, bob, {.room = room, .client_id = 52, .target = sent->seq, .emoji = "+"});
  EXPECT_TRUE(react.error().is(kMessageNotFound));
}

TEST_F(MessagesTest, members_redact_their_own_and_moderators_everybodys) {
  const auto of_bob = world.say(bob, room, "of bob");
  const auto of_ann = world.say(ann, room, "of ann");
  const auto refused = world.write<RedactMessage>(
      &Messages::redact, bob, {.room = room, .client_id = 60, .target = of_ann->seq});
  EXPECT_TRUE(refused.error().is(kRoomDenied));
  EXPECT_TRUE(world.write<RedactMessage>(&Messages::redact, ann,
                                         {.room = room, .client_id = 60, .target = of_bob->seq}));
}

TEST_F(MessagesTest, history_pages_both_ways_without_gap_or_repeat) {
  for (int i = 0; i < 120; ++i) ASSERT_TRUE(world.say(ann, room, std::to_string(i)));
  world.restart();
  ann = world.sign_in(11, 300);
  std::vector<std::uint64_t> back;
  std::optional<std::uint64_t> before;
  while (true) {
    const auto page = world.wait(world.chat->messages().history(
        ann, {.room = room, .before = before, .limit = 33, .all_kinds = true}));
    ASSERT_TRUE(page);
    for (auto it = page->entries.rbegin(); it != page->entries.rend(); ++it) {
      back.push_back(it->entry.seq);
    }
    before = page->first_seq;
    if (!page->more) break;
  }
  ASSERT_EQ(back.size(), head());
  for (std::size_t i = 0; i < back.size(); ++i) EXPECT_EQ(back[i], head() - i);
  std::uint64_t after = 0;
  std::uint64_t expected = 1;
  while (true) {
    const auto page = world.wait(world.chat->messages().history(
        ann, {.room = room, .after = after, .limit = 17, .all_kinds = true}));
    ASSERT_TRUE(page);
    for (const auto& each : page->entries) EXPECT_EQ(each.entry.seq, expected++);
    after = page->last_seq;
    if (!page->more) break;
  }
  EXPECT_EQ(expected, head() + 1);
}

TEST_F(MessagesTest, jump_to_date_finds_the_first_entry_not_older) {
  ASSERT_TRUE(world.say(ann, room, "monday"));
  world.clock.utc += 86'400'000;
  const auto tuesday = world.say(ann, room, "tuesday");
  const auto found = world.wait(world.chat->messages().at(ann, room, world.clock.utc - 1'000));
  EXPECT_EQ(found, Result<std::uint64_t>(tuesday->seq));
  EXPECT_EQ(world.wait(world.chat->messages().at(ann, room, world.clock.utc + 1'000)),
            Result<std::uint64_t>(0));
}

TEST_F(MessagesTest, times_of_a_room_never_go_back) {
  const auto first = world.say(ann, room, "one");
  world.clock.utc -= 3'600'000;
  EXPECT_EQ(world.say(ann, room, "two")->ts_ms, first->ts_ms);
  world.restart();
  ann = world.sign_in(11, 301);
  EXPECT_EQ(world.say(ann, room, "three")->ts_ms, first->ts_ms);
}

TEST_F(MessagesTest, threads_and_pins_are_found_again) {
  const auto root = world.say(ann, room, "root");
  const auto in_thread = world.settle(
      world.send(bob, {.room = room, .client_id = 9, .text = "reply", .thread = root->seq}));
  ASSERT_TRUE(in_thread);
  ASSERT_TRUE(world.write<PinMessage>(&Messages::pin, ann,
                                      {.room = room, .client_id = 70, .target = root->seq}));
  world.restart();
  const auto thread = world.wait(world.chat->messages().thread(ann, room, root->seq, 0, 50));
  ASSERT_TRUE(thread);
  ASSERT_THAT(thread->entries, SizeIs(1));
  EXPECT_EQ(thread->entries[0].entry.seq, in_thread->seq);
  const auto pins = world.wait(world.chat->messages().pins(bob, room));
  ASSERT_TRUE(pins);
  ASSERT_THAT(*pins, SizeIs(1));
  EXPECT_EQ((*pins)[0].entry.seq, root->seq);
}

TEST_F(MessagesTest, mentions_are_listed_and_counted_until_read) {
  const auto sent = world.settle(
      world.send(ann, {.room = room, .client_id = 9, .text = "hey", .mentions = {bob.user}}));
  ASSERT_TRUE(sent);
  EXPECT_EQ(world.chat->rooms().get(bob, room)->mentions, 1U);
  const auto listed = world.wait(world.chat->messages().mentions(bob, 0, 10));
  ASSERT_TRUE(listed);
  ASSERT_THAT(listed->mentions, SizeIs(1));
  ASSERT_TRUE(listed->mentions[0].entry);
  EXPECT_EQ(listed->mentions[0].entry->entry.seq, sent->seq);
  ASSERT_TRUE(world.wait(world.chat->marks().read(bob, room, sent->seq)));
  EXPECT_EQ(world.chat->rooms().get(bob, room)->mentions, 0U);
}

TEST_F(MessagesTest, mentioning_everybody_needs_the_role) {
  const auto refused = world.settle(
      world.send(bob, {.room = room, .client_id = 1, .text = "all", .mention_all = true}));
  EXPECT_TRUE(refused.error().is(kRoomDenied));
  const auto sent = world.settle(
      world.send(ann, {.room = room, .client_id = 1, .text = "all", .mention_all = true}));
  ASSERT_TRUE(sent);
  EXPECT_EQ(world.chat->rooms().get(bob, room)->last_all_seq, sent->seq);
}

TEST_F(MessagesTest, texts_are_bounded_and_well_formed) {
  const auto send = [&](std::string text) {
    return world.settle(world.send(ann, {.room = room, .client_id = 1, .text = std::move(text)}));
  };
  EXPECT_TRUE(send(std::string(16 * 1024 + 1, 'x')).error().is(kBodyTooLarge));
  EXPECT_TRUE(send("").error().is(kParamsInvalid));
  EXPECT_TRUE(send("\xff").error().is(kParamsInvalid));
  EXPECT_TRUE(send(std::string(16 * 1024, 'x')));
}

TEST_F(MessagesTest, an_author_whose_key_was_destroyed_is_unreadable_and_others_are_not) {
  ASSERT_TRUE(world.say(ann, room, "ann"));
  ASSERT_TRUE(world.say(bob, room, "bob"));
  world.keys.delete_author_key(ChatWorld::kTenant, ann.user, [](auto) {});
  world.restart();
  const auto entries = world.history(bob, room);
  ASSERT_GE(entries.size(), 2U);
  EXPECT_TRUE(entries[entries.size() - 2].unreadable);
  EXPECT_EQ(entries.back().entry.body, R"({"text":"bob"})");
}

TEST_F(MessagesTest, what_a_deleted_user_wrote_is_unreadable_before_the_key_is_destroyed) {
  ASSERT_TRUE(world.say(ann, room, "ann"));
  ASSERT_TRUE(world.say(bob, room, "bob"));
  world.directory.gone.insert(ann.user);
  for (int round = 0; round < 2; ++round) {  // from the tail in memory, then from the store
    const auto entries = world.history(bob, room);
    ASSERT_GE(entries.size(), 2U);
    EXPECT_TRUE(entries[entries.size() - 2].unreadable);
    EXPECT_EQ(entries[entries.size() - 2].entry.body, "");
    EXPECT_EQ(entries.back().entry.body, R"({"text":"bob"})");
    world.restart();
  }
}

class Gate : public PressureGate {
 public:
  int stops = 0;
  int resumes = 0;
  void stop_reading() override { ++stops; }
  void resume_reading() override { ++resumes; }
};

TEST(Pressure, doors_stop_reading_above_the_limit_and_go_on_below) {
  Gate gate;
  Limits limits;
  limits.pressure_entries = 10;
  ChatWorld world(1, limits);
  world.shut_down();
  world.gate = &gate;
  world.boot();
  const auto ann = world.person(11);
  const RoomId room = world.room(ann);
  world.store.hold = true;
  std::vector<ChatWorld::Answer> answers;
  for (std::uint64_t id = 1; id <= 20; ++id) {
    answers.push_back(world.send(ann, {.room = room, .client_id = id, .text = "x"}));
  }
  EXPECT_EQ(gate.stops, 1);
  EXPECT_EQ(gate.resumes, 0);
  world.store.hold = false;
  world.store.release_all();
  for (const auto& answer : answers) EXPECT_TRUE(world.settle(answer));
  EXPECT_EQ(gate.stops, 1);
  EXPECT_EQ(gate.resumes, 1);
}

}  // namespace
}  // namespace conclave::chat
