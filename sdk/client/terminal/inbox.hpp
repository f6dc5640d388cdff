#pragma once

#include <deque>
#include <mutex>
#include <variant>

#include "sdk/client/client.hpp"

namespace conclave::client::terminal {

struct StateChange {
  State state;
  std::optional<Error> why;
};
struct Event {
  std::string method;
  json::object params;
};

using Item = std::variant<StateChange, RoomNews, Event, Sent>;

// What the client's thread hears, handed to the main thread, which may then ask the server about
// it. wake_fd() becomes readable when there is something.
class Inbox final : public Listener {
 public:
  Inbox();
  ~Inbox() override;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  [[nodiscard]] int wake_fd() const { return wake_fd_; }
  [[nodiscard]] std::deque<Item> take();

  void on_state(State state, const std::optional<Error>& why) override;
  void on_room(const RoomNews& news) override;
  void on_room_left(std::string_view room) override;
  void on_state_value(std::string_view key, const json::value& value) override;
  void on_event(std::string_view method, const json::object& params) override;
  void on_sent(const Sent& sent) override;
  void on_trouble(const Error& what) override;

 private:
  void put(Item item);

  int wake_fd_;
  std::mutex mutex_;
  std::deque<Item> items_;  // as many as the main thread is behind
};

}  // namespace conclave::client::terminal
