#pragma once

#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/digest.hpp"
#include "sdk/client/binding.hpp"

namespace conclave::client {

// What a device signs to sign in (keys contract K4; docs/protocol.md).
struct Transcript {
  std::string_view purpose;  // "enrol" or "prove"
  std::string_view account;  // local@domain
  std::string_view device;   // id text, empty on enrol
  std::string_view algorithm;
  ByteView device_key;
  ByteView nonce_server;
  ByteView nonce_client;
  const Binding& binding;
};

[[nodiscard]] base::Sha256 digest(const Transcript& transcript);

// The domain part, empty when there is none.
[[nodiscard]] std::string_view domain_of(std::string_view account);
// ASCII letters in lower case: the form in which accounts are signed and compared.
[[nodiscard]] std::string folded(std::string_view account);

}  // namespace conclave::client
