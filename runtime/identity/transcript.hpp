#pragma once

#include <string>
#include <string_view>

#include "hsm/api/signature.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"

namespace conclave::identity {

// How a signature is tied to its connection.
struct BindingValue {
  std::string type;  // "tls-exporter", "origin", "loopback"
  Bytes value;       // exporter, Origin header, nothing
};

// The fields of K4's transcript.
struct Transcript {
  std::string_view purpose;  // "enrol" or "prove"
  std::string_view domain;   // of the account
  std::string_view account;  // local@domain, lower case
  std::string device;        // id text, empty on enrol
  hsm::api::VerifyKey key;
  ByteView nonce_s;
  ByteView nonce_c;
  BindingValue binding;
};

// The 32 bytes that the device signs (ES256 hashes them again, as it does any message):
//   transcript_digest("conclave/auth/1", purpose, domain, tenant, account, device, algorithm,
//   device key, nonce_s, nonce_c, binding type, binding value)
// The tenant's field is empty: its id is not known before sign-in, and the domain names it.
[[nodiscard]] base::Sha256 digest(const Transcript& transcript);

// The same for one HTTP request (door http): method, target, SHA-256 of body and of access token,
// UTC time in decimal milliseconds, nonce.
[[nodiscard]] base::Sha256 http_proof_digest(std::string_view method, std::string_view target,
                                             std::string_view body, std::string_view token,
                                             std::int64_t time_ms, ByteView nonce);

}  // namespace conclave::identity
