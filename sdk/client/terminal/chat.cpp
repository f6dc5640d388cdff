#include "sdk/client/terminal/chat.hpp"

#include <poll.h>
#include <unistd.h>

#include <boost/json/array.hpp>

#include "runtime/base/clock.hpp"
#include "sdk/client/terminal/output.hpp"

namespace conclave::client::terminal {
namespace {

constexpr std::int64_t kTypingAgain_ms = 4'000;
constexpr std::int64_t kDrain_ms = 10'000;
constexpr int kPoll_ms = 1'000;

}  // namespace

Result<void> chat(const Request& request) {
  Inbox inbox;
  auto client = connected(request, inbox, true);
  if (!client) return std::unexpected(std::move(client).error());
  Directory names(**client);
  auto room = names.room(request.room);
  if (!room) return std::unexpected(std::move(room).error());
  if (string_at(*room, "state") == "invited") {
    room = (*client)->call("room.accept", {{"room", string_at(*room, "room")}}).get();
    if (!room) return std::unexpected(std::move(room).error());
  }
  Chat conversation(**client, inbox, names, request, string_at(*room, "room"));
  return conversation.run();
}

Chat::Chat(Client& client, Inbox& inbox, Directory& names, const Request& request, std::string room)
    : client_(client),
      inbox_(inbox),
      names_(names),
      request_(request),
      room_(std::move(room)),
      terminal_(!request.as_json && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1),
      editor_(terminal_) {}

Result<void> Chat::run() {
  if (!request_.as_json)
    say("— " + printable(names_.room_name(room_)) + " —  /help lists commands");
  CONCLAVE_TRY(show_history(request_.limit));
  mark_read();
  bool open = true;
  while (open && !quit_ && !refused_) {
    pollfd waiting[2] = {{STDIN_FILENO, POLLIN, 0}, {inbox_.wake_fd(), POLLIN, 0}};
    ::poll(waiting, 2, kPoll_ms);
    for (auto& item : inbox_.take()) handle(std::move(item));
    if (waiting[0].revents != 0) open = editor_.read_input();
    while (auto line = editor_.next_line()) on_line(*line);
    tell_typing();
    mark_read();
  }
  drain_outbox();
  if (refused_) return std::unexpected(*refused_);
  return {};
}

Result<void> Chat::show_history(std::int64_t limit) {
  auto page = client_.call("message.history", {{"room", room_}, {"limit", limit}}).get();
  if (!page) return std::unexpected(std::move(page).error());
  for (const auto& entry : array_at(*page, "entries")) show_entry(entry.as_object());
  shown_ = std::max(shown_, number_at(*page, "head_seq"));
  return {};
}

void Chat::handle(Item item) {
  if (const auto* change = std::get_if<StateChange>(&item)) return on_state(*change);
  if (const auto* news = std::get_if<RoomNews>(&item)) return on_news(*news);
  if (const auto* event = std::get_if<Event>(&item)) return on_event(*event);
  on_sent(std::get<Sent>(item));
}

void Chat::on_state(const StateChange& change) {
  if (request_.as_json) {
    print_json({{"type", "state"},
                {"state", to_text(change.state)},
                {"reason", change.why ? change.why->reason() : ""}});
  } else if (change.why) {
    lost_ = true;
    say("… " + printable(change.why->text()) + " (" + std::string(to_text(change.state)) + ")");
  } else if (change.state == State::online && std::exchange(lost_, false)) {
    say("… connected");
  }
  if (change.state == State::refused && change.why) refused_ = change.why;
}

void Chat::on_news(const RoomNews& news) {
  if (news.room != room_) {
    if (news.entries.empty()) return;
    if (request_.as_json) {
      print_json({{"type", "elsewhere"}, {"room", news.room}, {"entries", news.entries.size()}});
    } else {
      say("… " + std::to_string(news.entries.size()) + " new in " +
          printable(names_.room_name(news.room)));
    }
    return;
  }
  for (const auto& entry : news.entries) {
    if (number_at(entry.as_object(), "seq") > shown_) show_entry(entry.as_object());
  }
}

void Chat::show_entry(const json::object& entry) {
  const std::int64_t seq = number_at(entry, "seq");
  shown_ = std::max(shown_, seq);
  const std::string author = string_at(entry, "author");
  if (author == base::to_text(client_.identity()->user) && string_at(entry, "kind") == "message") {
    own_last_ = std::max(own_last_, seq);
  }
  if (typing_.erase(author) > 0) editor_.set_note({});
  if (request_.as_json) return print_json({{"type", "entry"}, {"room", room_}, {"entry", entry}});
  say(entry_text(entry, names_));
}

void Chat::on_event(const Event& event) {
  if (request_.as_json) {
    return print_json({{"type", "event"}, {"method", event.method}, {"params", event.params}});
  }
  const std::string user = string_at(event.params, "user");
  const bool here = string_at(event.params, "room") == room_;
  if (event.method == "typing.changed" && here) {
    if (true_at(event.params, "active")) {
      typing_.insert(user);
    } else {
      typing_.erase(user);
    }
    std::string note;
    for (const auto& typist : typing_) {
      note += (note.empty() ? "" : ", ") + printable(names_.user_name(typist));
    }
    editor_.set_note(note.empty() ? note : note + " typing");
  } else if (event.method == "receipt.changed" && here) {
    const std::int64_t read = number_at(event.params, "read_seq");
    const bool own = user == base::to_text(client_.identity()->user);
    if (!own && std::exchange(read_by_[user], read) < read) {
      say("… " + printable(names_.user_name(user)) + " has read up to " + std::to_string(read));
    }
  } else if (event.method == "presence.changed") {
    for (const auto& value : array_at(event.params, "presences")) {
      const auto& presence = value.as_object();
      say("… " + printable(names_.user_name(string_at(presence, "user"))) + " is " +
          string_at(presence, "status") + " " + printable(string_at(presence, "text")));
    }
  } else if (event.method == "presence.requested") {
    say("… " + printable(names_.user_name(user)) + " asks to see your presence: /approve or /deny");
  } else if (event.method == "device.changed") {
    say("… your device " + string_at(event.params, "device") + ": " +
        string_at(event.params, "change"));
  } else if (event.method == "room.updated" && here && true_at(event.params, "left")) {
    say("… you are no longer in this room");
    quit_ = true;
  } else if (event.method == "server.draining") {
    say("… the server is going down for a moment");
  }
}

void Chat::on_sent(const Sent& sent) {
  if (request_.as_json) {
    json::object line{{"type", "sent"}, {"client_id", sent.client_id}, {"method", sent.method}};
    if (sent.answer) {
      line["answer"] = *sent.answer;
    } else {
      line["error"] = json::object{{"reason", sent.answer.error().reason()},
                                   {"detail", sent.answer.error().detail()}};
    }
    return print_json(line);
  }
  if (sent.answer) return;
  const Error& error = sent.answer.error();
  say("! " + printable(error.text()) + " — " + printable(error.spec().advice));
}

void Chat::say(const std::string& text) {
  if (!request_.as_json) editor_.print(text);
}

void Chat::mark_read() {
  if (!request_.mark_read || shown_ <= marked_) return;
  marked_ = shown_;
  // A mark that is lost with the connection is made again with the next message.
  client_.call("receipt.read", {{"room", room_}, {"seq", shown_}},
               [](const Result<json::object>&) {});
}

void Chat::tell_typing() {
  const auto now = base::system_clock().monotonic_ms();
  if (!terminal_ || !editor_.typing() || now < typing_told_ms_ + kTypingAgain_ms) return;
  typing_told_ms_ = now;
  client_.call("typing.set", {{"room", room_}, {"active", true}},
               [](const Result<json::object>&) {});
}

// At the end of input what was said must still leave.
void Chat::drain_outbox() {
  const auto end = base::system_clock().monotonic_ms() + kDrain_ms;
  while (client_.unsent() > 0 && base::system_clock().monotonic_ms() < end) {
    pollfd waiting{inbox_.wake_fd(), POLLIN, 0};
    ::poll(&waiting, 1, 200);
    for (auto& item : inbox_.take()) handle(std::move(item));
  }
  for (auto& item : inbox_.take()) handle(std::move(item));
}

}  // namespace conclave::client::terminal
