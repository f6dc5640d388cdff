#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <vector>

#include "runtime/async/blocking_pool.hpp"
#include "runtime/wire/gate.hpp"
#include "runtime/wire/loop.hpp"
#include "runtime/wire/server.hpp"
#include "runtime/wire/transport.hpp"
#include "runtime/wire/wire_metrics.hpp"

// What the phases of a connection (handshake, HTTP, WebSocket) hand on to each other.
namespace conclave::wire {

// What all connections of a server share; read-only once it serves, but for the counters.
struct Environment {
  Environment(const ServerLimits& the_limits, observe::Metrics& registry)
      : limits(the_limits), metrics(registry) {}

  ServerLimits limits;
  WireMetrics metrics;
  HttpDoor* http = nullptr;
  std::vector<WebSocketDoor*> doors;
  std::unique_ptr<async::BlockingPool> handshakes;  // null without TLS
  std::atomic<std::size_t> proxy_heads{0};          // connections whose PROXY header is awaited
};

// One accepted connection in the gauge.
class OpenCount {
 public:
  explicit OpenCount(observe::Gauge gauge) : gauge_(gauge), counted_(true) { gauge_.add(1); }
  OpenCount(OpenCount&& other) noexcept
      : gauge_(other.gauge_), counted_(std::exchange(other.counted_, false)) {}
  OpenCount& operator=(OpenCount&&) = delete;
  ~OpenCount() {
    if (counted_) gauge_.add(-1);
  }

 private:
  observe::Gauge gauge_;
  bool counted_;
};

struct Link {
  std::shared_ptr<Environment> env;  // shared by all connections and the server
  std::shared_ptr<Loop> loop;        // shared by the connections of one I/O thread and the server
  GateTicket ticket;
  OpenCount open;
  Peer peer;
  const network::TrustedProxies* forwarded_for = nullptr;  // of the listener; lives in the server
  LoopMember::Clock::time_point accepted;
  std::unique_ptr<Transport> transport;  // null until the handshake is done
};

// Each begins a phase: it adds its member to link.loop. On the loop's thread.
void start_handshake(Link link, boost::asio::ip::tcp::socket socket, SslPtr ssl);
void start_http(Link link);

}  // namespace conclave::wire
