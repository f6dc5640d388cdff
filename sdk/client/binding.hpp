#pragma once

#include <string>

#include "runtime/base/bytes.hpp"

namespace conclave::client {

// What ties a sign-in to its connection, so that nobody in between can use it on another one.
struct Binding {
  std::string type;  // "tls-exporter" (RFC 9266) or "loopback"
  Bytes value;       // 32 bytes of the exporter, or none
};

}  // namespace conclave::client
