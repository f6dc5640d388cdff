#include "sdk/client/terminal/inbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "runtime/base/assert.hpp"
#include "sdk/client/terminal/output.hpp"

namespace conclave::client::terminal {

Inbox::Inbox() : wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CONCLAVE_ASSERT(wake_fd_ >= 0);
}

Inbox::~Inbox() {
  ::close(wake_fd_);
}

void Inbox::put(Item item) {
  {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
  }
  eventfd_write(wake_fd_, 1);
}

std::deque<Item> Inbox::take() {
  eventfd_t count = 0;
  eventfd_read(wake_fd_, &count);
  const std::lock_guard lock(mutex_);
  return std::exchange(items_, {});
}

void Inbox::on_state(State state, const std::optional<Error>& why) {
  put(StateChange{state, why});
}

void Inbox::on_room(const RoomNews& news) {
  put(news);
}

void Inbox::on_room_left(std::string_view room) {
  put(Event{"room.updated", {{"room", room}, {"left", true}}});
}

void Inbox::on_state_value(std::string_view key, const json::value& value) {
  put(Event{"state.changed", {{"key", key}, {"value", value}, {"deleted", value.is_null()}}});
}

void Inbox::on_event(std::string_view method, const json::object& params) {
  put(Event{std::string(method), params});
}

void Inbox::on_sent(const Sent& sent) {
  put(sent);
}

void Inbox::on_trouble(const Error& what) {
  print_error(what, false);
}

}  // namespace conclave::client::terminal
