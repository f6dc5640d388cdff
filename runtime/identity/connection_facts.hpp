#pragma once

#include <string>

#include "runtime/base/bytes.hpp"

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
};

}  // namespace conclave::identity
