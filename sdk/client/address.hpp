#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"

namespace conclave::client {

struct Address {
  bool tls = true;
  std::string host;  // without brackets
  std::uint16_t port = 443;
  std::string path = "/ws";

  [[nodiscard]] std::string authority() const;  // "host:port", brackets around IPv6
};

// "wss://host[:port][/path]" or "https://…"; "ws://" and "http://" only to a loopback address.
// kBadAddress says what is wrong.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

}  // namespace conclave::client
