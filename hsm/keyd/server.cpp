#include "hsm/keyd/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hsm/keyd/ceremony.hpp"
#include "hsm/keyd/errors.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::size_t kMostConnections = 32;
constexpr int kPoll_ms = 250;
constexpr std::size_t kFixedPolls = 4;  // signals, wake-ups, two listeners

}  // namespace

Result<int> listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof(address.sun_path)) {
    return fail(kKeydConfiguration, "socket path too long: " + path.string());
  }
  std::strcpy(address.sun_path, path.c_str());
  ::unlink(path.c_str());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, raw, sizeof(address)) != 0 ||
      ::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listener, SOMAXCONN) != 0) {
    return fail(kKeydConfiguration, path.string() + ": " + std::strerror(errno));
  }
  return listener;
}

Server::Server(Sockets sockets, const TokenKeeper& keeper, WorkQueue& queue)
    : sockets_(sockets),
      keeper_(keeper),
      queue_(queue),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CONCLAVE_ASSERT(wake_fd_ >= 0);
  // Inherited listeners may block; accept() here takes connections until there are none.
  for (const int listener : {sockets_.online, sockets_.ceremony}) {
    ::fcntl(listener, F_SETFL, ::fcntl(listener, F_GETFL) | O_NONBLOCK);
  }
}

Server::~Server() {
  connections_.clear();
  ::close(wake_fd_);
  for (const int listener : {sockets_.online, sockets_.ceremony}) {
    if (listener >= 0) ::close(listener);
  }
}

void Server::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof(one));
}

void Server::stop(int exit_status) {
  exit_status_.store(exit_status);
  stopping_.store(true);
  wake();
}

int Server::run(int signal_fd) {
  while (!stopping_.load()) {
    std::vector<pollfd> polled = {{signal_fd, POLLIN, 0},
                                  {wake_fd_, POLLIN, 0},
                                  {sockets_.online, POLLIN, 0},
                                  {sockets_.ceremony, POLLIN, 0}};
    for (const auto& connection : connections_) {
      const auto write = connection->socket().wants_write() ? POLLOUT : 0;
      polled.push_back({connection->socket().descriptor(), static_cast<short>(POLLIN | write), 0});
    }
    ::poll(polled.data(), polled.size(), kPoll_ms);
    if ((polled[0].revents & POLLIN) != 0) break;
    if ((polled[1].revents & POLLIN) != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof(count));
    }
    publish_state();
    std::vector<short> events;
    for (std::size_t i = kFixedPolls; i < polled.size(); ++i) events.push_back(polled[i].revents);
    serve(events);
    if ((polled[2].revents & POLLIN) != 0) accept(sockets_.online, Channel::online);
    if ((polled[3].revents & POLLIN) != 0) accept(sockets_.ceremony, Channel::ceremony);
  }
  return exit_status_.load();
}

void Server::publish_state() {
  const bool ready = keeper_.state() == TokenState::ready;
  if (ready == told_ready_) return;
  told_ready_ = ready;
  for (const auto& connection : connections_) {
    if (connection->channel() == Channel::online) connection->tell_state(ready);
  }
}

void Server::serve(const std::vector<short>& events) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto& connection = connections_[i];
    bool alive = connection->socket().flush();
    if (alive && (events[i] & (POLLIN | POLLHUP | POLLERR)) != 0) {
      alive =
          connection->socket().receive([&](const api::Frame& frame) { handle(connection, frame); });
    }
    if (!alive) connection.reset();
  }
  std::erase(connections_, nullptr);
}

void Server::accept(int listener, Channel channel) {
  while (true) {
    const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    auto connection = std::make_shared<Connection>(descriptor, channel, [this] { wake(); });
    const auto uid = connection->socket().peer_uid();
    // Custodians' tools run as root or as whoever runs the server; their signatures are what
    // counts.
    const bool known = uid && (*uid == sockets_.peer_uid || *uid == ::getuid() ||
                               (channel == Channel::ceremony && *uid == 0));
    if (!known || connections_.size() >= kMostConnections) {
      observe::warn("keyd.peer_refused", {{"uid", uid ? static_cast<std::int64_t>(*uid) : -1},
                                          {"connections", connections_.size()}});
      continue;
    }
    if (channel == Channel::online) connection->tell_state(told_ready_);
    connections_.push_back(std::move(connection));
  }
}

void Server::handle(const std::shared_ptr<Connection>& connection, const api::Frame& frame) {
  const auto* operation =
      connection->channel() == Channel::online ? find_operation(frame.tag) : &ceremony_operation();
  if (operation == nullptr) {
    return connection->refuse(frame.id, Error(base::kMalformed, "unknown operation"));
  }
  if (operation->needs_token && keeper_.state() != TokenState::ready) {
    return connection->refuse(frame.id, keeper_.refusal());
  }
  Job job;
  job.connection = connection;
  job.id = frame.id;
  job.operation = operation;
  job.payload.assign(frame.payload.begin(), frame.payload.end());
  job.arrived_ms = base::system_clock().monotonic_ms();
  if (!queue_.submit(std::move(job))) {
    connection->refuse(frame.id, Error(api::kTokenBusy, std::string(operation->name)));
  }
}

}  // namespace conclave::hsm::keyd
