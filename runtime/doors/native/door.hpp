#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/chat/chat.hpp"
#include "runtime/doors/native/limits.hpp"
#include "runtime/doors/native/methods.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/wire/websocket.hpp"

namespace conclave::doors::native {

struct Frontage;
class Desk;
class Station;

// The WebSocket door of sub-protocol conclave.v1. Made before the domain, because the domain tells
// it when to stop reading; serves once it knows the domain.
class NativeDoor final : public wire::WebSocketDoor, public chat::PressureGate {
 public:
  struct Parts {
    std::vector<boost::asio::any_io_executor> io;  // as given to wire::Server
    boost::asio::any_io_executor shard;
    Limits limits;
    std::string server_name;  // "conclave/0.1.0", told in session.hello
    const base::Clock* clock = nullptr;
    observe::Metrics* metrics = nullptr;
  };
  explicit NativeDoor(Parts parts);
  ~NativeDoor() override;

  // Once, before the first connection. `authority`: SHA-256 of the root certificate in base64url,
  // or empty.
  void serve(Domain domain, std::string authority);
  // On the shard's thread: new connections and requests are refused, `done` is called there when
  // those in flight are answered. Destroy the door after the I/O threads have ended.
  void stop(std::function<void()> done);

  [[nodiscard]] std::string_view subprotocol() const override { return "conclave.v1"; }
  // Null while not serving, and when too many connections are not signed in yet: those that are
  // signed in keep the server.
  [[nodiscard]] std::unique_ptr<wire::WebSocketHandler> accept(const wire::Peer& peer) override;

  // chat::PressureGate, on the shard's thread.
  void stop_reading() override;
  void resume_reading() override;

 private:
  boost::asio::any_io_executor shard_;
  std::vector<std::unique_ptr<Station>> stations_;
  std::unique_ptr<Frontage> frontage_;
  std::unique_ptr<Desk> desk_;
  std::atomic<bool> serving_{false};
};

}  // namespace conclave::doors::native
