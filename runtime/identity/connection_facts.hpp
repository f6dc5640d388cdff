#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/bytes.hpp"
#include "runtime/network/address.hpp"
#include "runtime/network/certificate_chain.hpp"
#include "runtime/network/path_measure.hpp"

namespace conclave::identity {

// What the door knows of the connection; never what the client says of itself.
struct ConnectionFacts {
  std::string address;  // of the peer, without port
  bool tls = false;
  bool loopback = false;   // plain listener on a loopback address
  Bytes tls_exporter;      // RFC 9266, 32 bytes; empty without TLS
  std::string origin;      // Origin header; empty when there is none
  std::string host;        // Host header
  bool web_socket = true;  // false: the management API, whose sessions replace no other
  std::optional<network::Address> client = {};  // `address`, parsed
  // When the connection opened; nothing when TCP ends at a proxy of ours.
  network::PathMeasure path = {};
  // Presented in the handshake, judged by nobody yet.
  network::PresentedChain certificates = {};
  // Least round trip of pings so far, in microseconds; 0: not known. Null without a WebSocket.
  // Shared with the connection, which goes on measuring on its own thread.
  std::shared_ptr<const std::atomic<std::int64_t>> least_ping_us = {};
};

}  // namespace conclave::identity
