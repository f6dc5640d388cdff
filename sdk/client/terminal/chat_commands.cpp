// What a person types in a conversation.
#include <boost/json/array.hpp>
#include <charconv>
#include <functional>

#include "sdk/client/terminal/chat.hpp"
#include "sdk/client/terminal/output.hpp"

namespace conclave::client::terminal {
namespace {

// Splits the first word off; `rest` keeps what follows it.
std::string first_word(std::string& rest) {
  const auto begin = rest.find_first_not_of(' ');
  if (begin == std::string::npos) {
    rest.clear();
    return {};
  }
  const auto end = rest.find(' ', begin);
  std::string word = rest.substr(begin, end - begin);
  const auto next = end == std::string::npos ? end : rest.find_first_not_of(' ', end);
  rest = next == std::string::npos ? std::string() : rest.substr(next);
  return word;
}

}  // namespace

struct Chat::Command {
  std::string_view usage;
  std::string_view what;
  std::function<void(Chat&, std::string)> run;
};

const std::map<std::string_view, Chat::Command>& Chat::commands() {
  using Text = std::string;
  static const std::map<std::string_view, Command> table{
      {"/edit",
       {"[SEQ] TEXT", "change a message, your last one without SEQ",
        [](Chat& c, Text rest) { c.edit(std::move(rest)); }}},
      {"/redact",
       {"[SEQ] [WHY]", "remove a message", [](Chat& c, Text rest) { c.redact(std::move(rest)); }}},
      {"/react",
       {"[SEQ] EMOJI", "react, to the newest entry without SEQ",
        [](Chat& c, Text rest) { c.react(std::move(rest), "message.react"); }}},
      {"/unreact",
       {"[SEQ] EMOJI", "take a reaction back",
        [](Chat& c, Text rest) { c.react(std::move(rest), "message.unreact"); }}},
      {"/reply",
       {"SEQ TEXT", "answer a message", [](Chat& c, Text rest) { c.reply(std::move(rest)); }}},
      {"/pin",
       {"[SEQ]", "pin a message",
        [](Chat& c, Text rest) { c.pin(std::move(rest), "message.pin"); }}},
      {"/unpin",
       {"SEQ", "unpin a message",
        [](Chat& c, Text rest) { c.pin(std::move(rest), "message.unpin"); }}},
      {"/who", {"", "members and their presence", [](Chat& c, const Text&) { c.who(); }}},
      {"/online", {"[TEXT]", "be online", [](Chat& c, const Text& t) { c.status("online", t); }}},
      {"/away", {"[TEXT]", "be away", [](Chat& c, const Text& t) { c.status("away", t); }}},
      {"/busy", {"[TEXT]", "be busy", [](Chat& c, const Text& t) { c.status("busy", t); }}},
      {"/invisible",
       {"", "be there unseen", [](Chat& c, const Text& t) { c.status("invisible", t); }}},
      {"/watch",
       {"ACCOUNT", "ask to see somebody's presence",
        [](Chat& c, const Text& t) { c.about_person("presence.subscribe", t); }}},
      {"/approve",
       {"ACCOUNT", "let somebody see yours",
        [](Chat& c, const Text& t) { c.about_person("presence.approve", t); }}},
      {"/deny",
       {"ACCOUNT", "refuse it",
        [](Chat& c, const Text& t) { c.about_person("presence.deny", t); }}},
      {"/invite",
       {"ACCOUNT", "invite somebody to this room",
        [](Chat& c, const Text& t) { c.invite_person(t); }}},
      {"/read",
       {"", "mark everything as read",
        [](Chat& c, const Text&) {
          c.ask("receipt.read", {{"room", c.room_}, {"seq", c.shown_}});
        }}},
      {"/history",
       {"[N]", "show the last N entries again",
        [](Chat& c, Text rest) {
          const auto limit = c.target(rest, 20).value_or(20);
          if (auto shown = c.show_history(limit); !shown) c.say(shown.error().text());
        }}},
      {"/help", {"", "this list", [](Chat& c, const Text&) { c.help(); }}},
      {"/quit", {"", "leave the conversation", [](Chat& c, const Text&) { c.quit_ = true; }}},
  };
  return table;
}

void Chat::on_line(const std::string& line) {
  if (line.empty()) return;
  typing_told_ms_ = 0;
  if (!line.starts_with('/')) return put("message.send", {{"text", line}});
  if (line.starts_with("//")) return put("message.send", {{"text", line.substr(1)}});
  std::string rest = line;
  const std::string name = first_word(rest);
  const auto found = commands().find(name);
  if (found == commands().end()) {
    const std::string text =
        "! no command " + printable(name) + "; /help lists them, // sends a slash";
    if (request_.as_json) print_json({{"type", "error"}, {"reason", "command.unknown"}});
    return say(text);
  }
  found->second.run(*this, std::move(rest));
}

void Chat::put(std::string_view method, json::object params) {
  if (auto id = client_.send(room_, std::move(params), method); !id) say("! " + id.error().text());
}

std::optional<json::object> Chat::ask(std::string_view method, json::object params) {
  auto answer = client_.call(std::string(method), std::move(params)).get();
  if (answer) return *std::move(answer);
  const Error& error = answer.error();
  if (request_.as_json) {
    print_json({{"type", "error"}, {"method", method}, {"reason", error.reason()}});
  }
  say("! " + printable(error.text()) + " — " + printable(error.spec().advice));
  return std::nullopt;
}

// A number at the start of `rest`, taken off; else `otherwise`, when there is one.
std::optional<std::int64_t> Chat::target(std::string& rest, std::int64_t otherwise) {
  std::string after = rest;
  const std::string word = first_word(after);
  std::int64_t seq = 0;
  const auto [end, bad] = std::from_chars(word.data(), word.data() + word.size(), seq);
  if (bad == std::errc{} && end == word.data() + word.size() && seq > 0) {
    rest = after;
    return seq;
  }
  if (otherwise > 0) return otherwise;
  say("! which message? Give the number in brackets.");
  return std::nullopt;
}

void Chat::edit(std::string rest) {
  const auto seq = target(rest, own_last_);
  if (seq) put("message.edit", {{"target", *seq}, {"text", rest}});
}

void Chat::redact(std::string rest) {
  const auto seq = target(rest, own_last_);
  if (!seq) return;
  json::object params{{"target", *seq}};
  if (!rest.empty()) params["reason"] = rest;
  put("message.redact", std::move(params));
}

void Chat::react(std::string rest, std::string_view method) {
  const auto seq = target(rest, shown_);
  if (seq) put(method, {{"target", *seq}, {"emoji", rest.empty() ? "👍" : rest}});
}

void Chat::reply(std::string rest) {
  const auto seq = target(rest, 0);
  if (seq) put("message.send", {{"text", rest}, {"reply_to", *seq}});
}

void Chat::pin(std::string rest, std::string_view method) {
  const auto seq = target(rest, shown_);
  if (seq) put(method, {{"target", *seq}});
}

void Chat::who() {
  const auto members = ask("room.members", {{"room", room_}, {"limit", 200}});
  if (!members) return;
  if (request_.as_json) return print_json({{"type", "members"}, {"answer", *members}});
  std::map<std::string, std::string> presences;
  json::array users;
  for (const auto& member : array_at(*members, "members")) {
    users.emplace_back(string_at(member.as_object(), "user"));
  }
  if (const auto seen = ask("presence.get", {{"users", users}})) {
    for (const auto& value : array_at(*seen, "presences")) {
      const auto& presence = value.as_object();
      presences[string_at(presence, "user")] =
          string_at(presence, "status") + " " + string_at(presence, "text");
    }
  }
  for (const auto& value : array_at(*members, "members")) {
    const auto& member = value.as_object();
    const std::string user = string_at(member, "user");
    say("  " + printable(names_.user_name(user)) + "  " + string_at(member, "role") + ", " +
        string_at(member, "state") + "  " + printable(presences[user]));
  }
}

void Chat::status(std::string_view chosen, const std::string& text) {
  json::object params{{"status", chosen}};
  if (!text.empty()) params["text"] = text;
  ask("presence.set", std::move(params));
}

void Chat::about_person(std::string_view method, const std::string& account) {
  const auto user = names_.user_id(account);
  if (!user) return say("! " + printable(user.error().text()));
  ask(method, {{"user", *user}});
}

void Chat::invite_person(const std::string& account) {
  const auto user = names_.user_id(account);
  if (!user) return say("! " + printable(user.error().text()));
  ask("room.invite", {{"room", room_}, {"users", json::array{*user}}});
}

void Chat::help() {
  for (const auto& [name, command] : commands()) {
    std::string left = "  " + std::string(name) + " " + std::string(command.usage);
    left.resize(std::max<std::size_t>(left.size() + 2, 26), ' ');
    say(left + std::string(command.what));
  }
}

}  // namespace conclave::client::terminal
