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

// Two people in one room; client_ids count up by themselves.
class ChatThroughTheDoor : public ::testing::Test {
 protected:
  ChatThroughTheDoor() {
    ann.enrol();
    bob.enrol();
    const json::value bob_id = world.user("bob");
    room = ann.call("room.create", {{"name", "Plans"}, {"invite", {bob_id}}}).at("room");
    bob.event("room.updated");
    bob.call("room.accept", {{"room", room}});
  }
  json::object message(std::string_view text) {
    return {{"room", room}, {"client_id", next_client_id++}, {"text", std::string(text)}};
  }
  json::object about(const json::value& seq) {
    return {{"room", room}, {"client_id", next_client_id++}, {"target", seq}};
  }
  // The next room.entries of `client` whose first entry is of this kind.
  json::object entry(Client& client, std::string_view kind) {
    for (;;) {
      const json::object event = client.event("room.entries");
      for (const json::value& each : event.at("entries").as_array()) {
        if (each.at("kind").as_string() == kind) return each.as_object();
      }
    }
  }

  World world;
  Client ann{world, "ann@demo.example"};
  Client bob{world, "bob@demo.example"};
  json::value room;
  int next_client_id = 1;
};

TEST_F(ChatThroughTheDoor, AMessageIsAcknowledgedAndPushed) {
  const json::object sent = ann.call("message.send", message("Good \"morning\"\n"));
  const json::object seen = entry(bob, "message");
  EXPECT_EQ(seen.at("seq"), sent.at("seq"));
  EXPECT_EQ(seen.at("body").at("text"), "Good \"morning\"\n");
  EXPECT_EQ(seen.at("author"), world.user("ann"));
}

TEST_F(ChatThroughTheDoor, ARepeatGetsTheSameAnswer) {
  const json::object request = message("once");
  const json::value seq = ann.call("message.send", request).at("seq");
  EXPECT_EQ(ann.call("message.send", request).at("seq"), seq);
  json::object other = request;
  other["text"] = "twice";
  EXPECT_EQ(reason_of(ann.fail("message.send", other)), "client_id.conflict");
}

TEST_F(ChatThroughTheDoor, HistoryFoldsEditsReactionsAndRedactions) {
  const json::value first = ann.call("message.send", message("At nine")).at("seq");
  json::object edit = about(first);
  edit["text"] = "At ten";
  ann.call("message.edit", edit);
  json::object react{{"room", room}, {"client_id", 1}, {"target", first}, {"emoji", "👍"}};
  bob.call("message.react", react);
  const json::value second = ann.call("message.send", message("secret")).at("seq");
  ann.call("message.redact", about(second));
  const json::object page = bob.call("message.history", {{"room", room}, {"limit", 20}});
  std::map<std::int64_t, json::object> by_seq;
  for (const json::value& each : page.at("entries").as_array()) {
    by_seq[each.at("seq").as_int64()] = each.as_object();
  }
  const json::object& edited = by_seq.at(first.as_int64());
  EXPECT_EQ(edited.at("body").at("text"), "At ten");
  EXPECT_TRUE(edited.contains("edited"));
  EXPECT_EQ(edited.at("reactions").as_array().at(0).at("own"), true);
  const json::object& redacted = by_seq.at(second.as_int64());
  EXPECT_TRUE(redacted.contains("redacted"));
  EXPECT_TRUE(redacted.at("body").as_object().empty());
  EXPECT_EQ(bob.call("message.get", {{"room", room}, {"seq", first}}).at("entry").at("seq"), first);
}

TEST_F(ChatThroughTheDoor, HistoryFromTheStartPagesForward) {
  for (int i = 0; i < 5; ++i) ann.call("message.send", message("x"));
  json::object page = bob.call("message.history",
                               {{"room", room}, {"after", 0}, {"limit", 3}, {"all_kinds", true}});
  EXPECT_EQ(page.at("first_seq"), 1);
  EXPECT_EQ(page.at("more"), true);
  std::int64_t seen = 0;
  while (true) {
    for (const json::value& each : page.at("entries").as_array()) {
      EXPECT_EQ(each.at("seq").as_int64(), ++seen);
    }
    if (!page.at("more").as_bool()) break;
    page = bob.call("message.history",
                    {{"room", room}, {"after", seen}, {"limit", 3}, {"all_kinds", true}});
  }
  EXPECT_EQ(seen, page.at("head_seq").as_int64());
}

TEST_F(ChatThroughTheDoor, ADeviceThatWasAwayCatchesUpWithoutGapOrRepeat) {
  const json::value cursor = bob.call("sync.since").at("cursor");
  bob.disconnect();
  const json::value seq = ann.call("message.send", message("while you were away")).at("seq");
  bob.connect();
  bob.prove();
  const json::object page = bob.call("sync.since", {{"cursor", cursor}});
  EXPECT_EQ(page.at("more"), false);
  ASSERT_EQ(page.at("rooms").as_array().size(), 1U);
  const json::object& changed = page.at("rooms").as_array().at(0).as_object();
  EXPECT_EQ(changed.at("entries").as_array().back().at("seq"), seq);
  EXPECT_EQ(changed.at("unread"), 1);
  EXPECT_FALSE(bob.has_event("room.entries"));
  const json::object later = ann.call("message.send", message("now"));
  EXPECT_EQ(entry(bob, "message").at("seq"), later.at("seq"));
  EXPECT_TRUE(bob.call("sync.since", {{"cursor", page.at("cursor")}}).at("more").is_bool());
}

TEST_F(ChatThroughTheDoor, ReadMarksTypingPinsMentionsAndStatesTravel) {
  Client phone(world, "bob@demo.example");
  phone.enrol();
  json::object send = message("bob, look");
  send["mentions"] = json::array{world.user("bob")};
  const json::value seq = ann.call("message.send", send).at("seq");
  bob.call("receipt.read", {{"room", room}, {"seq", seq}});
  const json::object mark = phone.event("receipt.changed");
  EXPECT_EQ(mark.at("read_seq"), seq);
  EXPECT_EQ(mark.at("unread"), 0);
  bob.call("typing.set", {{"room", room}, {"active", true}});
  EXPECT_EQ(ann.event("typing.changed").at("active"), true);
  ann.call("message.pin", about(seq));
  EXPECT_EQ(bob.call("message.pins", {{"room", room}}).at("entries").as_array().size(), 1U);
  EXPECT_EQ(bob.call("mention.list").at("mentions").as_array().at(0).at("seq"), seq);
  bob.call("state.set", {{"key", "settings.theme"}, {"value", {{"mode", "dark"}}}});
  EXPECT_EQ(phone.event("state.changed").at("value").at("mode"), "dark");
  EXPECT_EQ(phone.call("state.get", {{"key", "settings.theme"}}).at("value").at("mode"), "dark");
  EXPECT_EQ(phone.call("state.list").at("states").as_array().size(), 1U);
  EXPECT_EQ(bob.event("state.changed").at("deleted"), false);  // the one who set it is told as well
  phone.call("state.delete", {{"key", "settings.theme"}});
  EXPECT_EQ(bob.event("state.changed").at("deleted"), true);
}

TEST_F(ChatThroughTheDoor, PresenceIsSeenByWhomIsAllowed) {
  const json::value ann_id = world.user("ann");
  const json::value bob_id = world.user("bob");
  EXPECT_EQ(ann.call("presence.subscribe", {{"user", bob_id}}).at("state"), "pending");
  EXPECT_EQ(bob.event("presence.requested").at("user"), ann_id);
  bob.call("presence.approve", {{"user", ann_id}});
  bob.call("presence.set", {{"status", "busy"}, {"text", "In a meeting"}});
  json::object seen = ann.event("presence.changed");
  while (seen.at("presences").as_array().at(0).at("status") != "busy") {
    seen = ann.event("presence.changed");
  }
  EXPECT_EQ(seen.at("presences").as_array().at(0).at("text"), "In a meeting");
  EXPECT_EQ(ann.call("presence.get", {{"users", {bob_id}}}).at("presences").as_array().size(), 1U);
  EXPECT_EQ(bob.call("presence.get", {{"users", {ann_id}}}).at("presences").as_array().size(), 0U);
  EXPECT_EQ(ann.call("presence.list").at("contacts").as_array().at(0).at("state"), "approved");
}

TEST_F(ChatThroughTheDoor, EveryMethodAnswersItsExampleAsTheSchemaSays) {
  // Ids of the examples name nothing here: what counts is that each method has a way through the
  // door, and that its answer, good or bad, has the form of the schema (Client checks it).
  Client cyd(world, "cyd@demo.example");
  cyd.enrol();
  for (const SchemaMethod& method : schema().methods()) {
    if (method.definition.at("sign_in") == "before" || method.name == "session.end") continue;
    const json::object frame = cyd.answer_to(cyd.send(
        method.name, method.definition.at("example").as_object().at("params").as_object()));
    if (!frame.contains("error")) continue;
    const std::string reason = reason_of(frame.at("error").as_object());
    EXPECT_NE(reason, "internal") << method.name;
    EXPECT_NE(reason, "params.invalid") << method.name << json::serialize(frame);
  }
}

}  // namespace
}  // namespace conclave::tests
