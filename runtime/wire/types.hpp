#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/network/certificate_chain.hpp"
#include "runtime/network/path_measure.hpp"

namespace conclave::wire {

// One frame for many receivers: serialised once, never changed afterwards. Shared by every session
// whose send queue holds it.
using SharedFrame = std::shared_ptr<const std::string>;

// What the door may know of the other end. `address` is the peer's as the socket (or a trusted
// proxy) says, in text form without a port.
struct Peer {
  std::string address;
  std::uint16_t port = 0;
  bool tls = false;
  bool loopback = false;  // never of what a proxy names
  // TCP ends at a proxy: what is measured on the socket is the proxy's.
  bool proxied = false;
  network::PathMeasure path;  // at the upgrade; nothing when proxied
  // Least round trip of pings inside the connection so far, in microseconds; 0: none was answered.
  // Shared with the connection, which goes on measuring, and with who judges it on another thread.
  std::shared_ptr<std::atomic<std::int64_t>> least_ping_us;
  std::string tls_version;  // "TLSv1.3", empty without TLS
  Bytes tls_exporter;       // 32 bytes, RFC 9266 "EXPORTER-Channel-Binding"; empty without TLS
  // Presented in this connection's own handshake, judged by nobody yet. Never of a proxy that ends
  // TLS: what it presents speaks for no client.
  network::PresentedChain certificates;
  std::string host;    // Host header
  std::string origin;  // Origin header, empty when there is none
  std::string user_agent;
};

enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  invalid_payload = 1007,
  policy = 1008,
  too_big = 1009,
  internal = 1011,
  // 4000 to 4999 belong to conclave.v1; docs/protocol.md has the table.
  sign_in_timeout = 4001,
  signed_out = 4002,
  revoked = 4003,
  replaced = 4004,
  idle = 4005,
  flood = 4006,
  draining = 4007,
  slow_reader = 4008,
  changed = 4009,
};

}  // namespace conclave::wire
