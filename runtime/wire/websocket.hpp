#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/wire/types.hpp"

namespace conclave::wire {

// One open WebSocket (RFC 6455), pinned to one I/O thread. Every member is called on that thread
// (executor()); the handler is called on it as well.
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  // Queues a text frame. False when the queue would exceed its limit (256 KiB): the frame is then
  // not queued and the caller tells the client sync.lagged once it has drained. An empty queue
  // takes one frame of any size. False as well once the connection is closing.
  [[nodiscard]] virtual bool send(SharedFrame frame) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  // Stops taking frames from the socket (backpressure towards the peer) and starts again.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  // Sends what is queued, then the close frame; the peer has 5 s. Idempotent.
  virtual void close(CloseCode code, std::string_view reason) = 0;

  [[nodiscard]] virtual const Peer& peer() const = 0;
  // Smoothed round trip of pings, in microseconds; 0 while unknown.
  [[nodiscard]] virtual std::int64_t round_trip_us() const = 0;
  // Sends three pings, each after the answer to the one before: peer().least_ping_us is known from
  // the first answer on.
  virtual void measure_round_trip() = 0;
  [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;
};

// Implemented by a door, one object a connection. Owned by the connection, destroyed after
// on_closed().
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  // The handshake is done; `socket` stays valid until on_closed() has returned.
  virtual void on_open(WebSocket& socket) = 0;
  // A whole text message, valid UTF-8, at most the frame limit. The view dies with the call.
  virtual void on_message(std::string_view text) = 0;
  // The send queue is empty again after send() had returned false.
  virtual void on_drained() = 0;
  // The connection is gone, for whatever reason; called exactly once after on_open().
  virtual void on_closed(std::uint16_t code, std::string_view reason) = 0;
};

// A door for one sub-protocol.
class WebSocketDoor {
 public:
  virtual ~WebSocketDoor() = default;
  [[nodiscard]] virtual std::string_view subprotocol() const = 0;
  // Any I/O thread. Null refuses the upgrade with 503 (shedding).
  [[nodiscard]] virtual std::unique_ptr<WebSocketHandler> accept(const Peer& peer) = 0;
};

}  // namespace conclave::wire
