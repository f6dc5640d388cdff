#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "sdk/client/terminal/commands.hpp"
#include "sdk/client/terminal/line_editor.hpp"

namespace conclave::client::terminal {

// A live conversation in one room. Main thread; what the client's thread hears comes through the
// inbox.
class Chat {
 public:
  Chat(Client& client, Inbox& inbox, Directory& names, const Request& request, std::string room);

  // Until the end of input, /quit, or a refusal by the server.
  [[nodiscard]] Result<void> run();

 private:
  struct Command;
  static const std::map<std::string_view, Command>& commands();

  // chat.cpp
  [[nodiscard]] Result<void> show_history(std::int64_t limit);
  void handle(Item item);
  void on_state(const StateChange& change);
  void on_news(const RoomNews& news);
  void on_event(const Event& event);
  void on_sent(const Sent& sent);
  void show_entry(const json::object& entry);
  void say(const std::string& text);
  void mark_read();
  void tell_typing();
  void drain_outbox();

  // chat_commands.cpp
  void on_line(const std::string& line);
  void put(std::string_view method, json::object params);
  std::optional<json::object> ask(std::string_view method, json::object params);
  [[nodiscard]] std::optional<std::int64_t> target(std::string& rest, std::int64_t otherwise);
  void edit(std::string rest);
  void redact(std::string rest);
  void react(std::string rest, std::string_view method);
  void reply(std::string rest);
  void pin(std::string rest, std::string_view method);
  void who();
  void status(std::string_view chosen, const std::string& text);
  void about_person(std::string_view method, const std::string& account);
  void invite_person(const std::string& account);
  void help();

  Client& client_;
  Inbox& inbox_;
  Directory& names_;
  const Request& request_;
  std::string room_;
  bool terminal_;
  LineEditor editor_;
  std::set<std::string> typing_;  // users
  std::map<std::string, std::int64_t> read_by_;
  std::int64_t shown_ = 0;           // newest seq on the screen
  std::int64_t marked_ = 0;          // newest seq that was marked as read
  std::int64_t own_last_ = 0;        // newest own message, what /edit is about
  std::int64_t typing_told_ms_ = 0;  // monotonic
  bool lost_ = false;                // told of a lost connection, not yet of its return
  bool quit_ = false;
  std::optional<Error> refused_;
};

}  // namespace conclave::client::terminal
