#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <string>
#include <thread>

#include "runtime/doors/http/http_door.hpp"
#include "tests/unit/ctl/scratch.hpp"
#include "tests/unit/http_door/door_services.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::ctl::testing {

class NoRooms : public identity::RoomAdministration {
 public:
  Task<Result<std::vector<identity::RoomSummary>>> list_rooms(identity::Actor, TenantId, RoomId,
                                                              std::size_t) override {
    co_return std::vector<identity::RoomSummary>{};
  }
  Task<Result<std::vector<identity::RoomMember>>> room_members(identity::Actor, TenantId,
                                                               RoomId) override {
    co_return std::vector<identity::RoomMember>{};
  }
  Task<Result<void>> delete_room(identity::Actor, TenantId, RoomId) override {
    co_return Result<void>{};
  }
  void forget_tenant(TenantId) override {}
};

// The management door over the domain's fakes, on a plain loopback port: one request a connection,
// on a thread of its own. The clock is the machine's, because proofs carry the caller's time.
class LoopbackServer {
 public:
  LoopbackServer() {
    world_.clock.now_ms = base::system_clock().utc_ms();
    world_.keys.now_ms = world_.clock.now_ms;
    services_ = std::make_unique<doors::http::testing::DoorServices>(world_, rooms_,
                                                                     scratch_.path() / "setup");
    door_ = std::make_unique<doors::http::HttpDoor>(
        doors::http::HttpDoor::Parts{services_->services(),
                                     world_.metrics,
                                     world_.io.get_executor(),
                                     {},
                                     {"test", "0.1.0", "none", scratch_.path()},
                                     {}});
    door_->set_started();
    listen();
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    door_->close([] {});
    world_.io.restart();
    world_.io.poll();
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  static constexpr std::string_view kPassword = identity::testing::World::kPassword;

 private:
  void listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no loopback port");
    }
    port_ = ntohs(address.sin_port);
  }
  void serve() {
    while (!stopping_) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      answer(peer);
      ::close(peer);
    }
  }
  // Head and body of one request; none when the peer went away.
  static bool read(int peer, std::string* head, std::string* body) {
    std::array<char, 4096> block{};
    std::string text;
    std::size_t length = 0;
    for (;;) {
      const std::size_t end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t field = text.find("Content-Length: ");
        if (field < end) {
          std::from_chars(text.data() + field + 16, text.data() + end, length);
        }
        if (text.size() >= end + 4 + length) {
          *head = text.substr(0, end + 2);
          *body = text.substr(end + 4);
          return true;
        }
      }
      const ssize_t got = ::read(peer, block.data(), block.size());
      if (got <= 0) return false;
      text.append(block.data(), static_cast<std::size_t>(got));
    }
  }
  void answer(int peer) {
    std::string head;
    wire::HttpRequest request;
    if (!read(peer, &head, &request.body)) return;
    request.method = head.substr(0, head.find(' '));
    const std::size_t target = request.method.size() + 1;
    request.target = head.substr(target, head.find(' ', target) - target);
    for (std::size_t at = head.find("\r\n") + 2; at < head.size(); at = head.find("\r\n", at) + 2) {
      const std::size_t colon = head.find(": ", at);
      std::string name = head.substr(at, colon - at);
      std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      request.headers.emplace_back(name,
                                   head.substr(colon + 2, head.find("\r\n", colon) - colon - 2));
    }
    request.peer.address = "127.0.0.1";
    request.peer.loopback = true;
    std::optional<wire::HttpResponse> out;
    door_->handle(std::move(request),
                  [&](wire::HttpResponse response) { out = std::move(response); });
    while (!out) {
      world_.io.restart();
      auto work = boost::asio::make_work_guard(world_.io);
      world_.io.run_one();
    }
    const std::string text =
        "HTTP/1.1 " + std::to_string(out->status) +
        " x\r\nConnection: close\r\nContent-Length: " + std::to_string(out->body.size()) +
        "\r\n\r\n" + out->body;
    static_cast<void>(::send(peer, text.data(), text.size(), MSG_NOSIGNAL));
  }

  Scratch scratch_;
  identity::testing::World world_;
  NoRooms rooms_;
  std::unique_ptr<doors::http::testing::DoorServices> services_;
  std::unique_ptr<doors::http::HttpDoor> door_;
  std::atomic<bool> stopping_{false};
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace conclave::ctl::testing
