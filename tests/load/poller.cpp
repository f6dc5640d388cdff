#include "tests/load/poller.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/load/client.hpp"
#include "tests/load/process.hpp"

namespace conclave::load {
namespace {

constexpr std::size_t kInputBytes = 1024 * 1024;

epoll_event event_of(Client& client, bool for_writing) {
  epoll_event event{};
  event.events = EPOLLIN | (for_writing ? std::uint32_t{EPOLLOUT} : 0U);
  event.data.ptr = &client;
  return event;
}

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), input_(kInputBytes) {}

Poller::~Poller() {
  ::close(epoll_);
}

void Poller::watch(Client& client, int descriptor, bool for_writing) {
  epoll_event event = event_of(client, for_writing);
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void Poller::change(Client& client, int descriptor, bool for_writing) {
  epoll_event event = event_of(client, for_writing);
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void Poller::forget(Client& client, int descriptor) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  std::erase(writers_, &client);
  gone_.push_back(&client);
}

void Poller::wants_to_write(Client& client) {
  writers_.push_back(&client);
}

void Poller::round(std::int64_t wait_ns) {
  for (std::vector<Client*> writers; !writers_.empty();) {
    writers.swap(writers_);
    for (Client* client : writers) client->flush();
    writers.clear();
  }
  std::array<epoll_event, 512> events;
  const timespec wait{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
  const int count = ::epoll_pwait2(epoll_, events.data(), int{events.size()}, &wait, nullptr);
  gone_.clear();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    Client* const client = static_cast<Client*>(event.data.ptr);
    if (std::ranges::find(gone_, client) != gone_.end()) continue;
    client->ready((event.events & EPOLLOUT) != 0, input_);
  }
}

void Poller::run_until(const std::function<bool()>& done, double limit_s, const char* what) {
  const std::int64_t end_ns = now_ns() + static_cast<std::int64_t>(limit_s * 1e9);
  constexpr std::int64_t kWaitNs = 5'000'000;
  while (!done()) {
    if (now_ns() > end_ns) throw Failure(std::string("waited in vain for ") + what);
    round(kWaitNs);
  }
}

}  // namespace conclave::load
