#pragma once

#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

// Checks signatures made elsewhere (devices, custodians). Needs no secret, so it runs in any
// process.
namespace conclave::hsm::api {

enum class SignatureAlgorithm : std::uint8_t { es256 = 1, ed25519 = 2 };

struct VerifyKey {
  SignatureAlgorithm algorithm = SignatureAlgorithm::es256;
  Bytes point;  // es256: 65 bytes, uncompressed SEC1 point on P-256; ed25519: 32 bytes

  friend bool operator==(const VerifyKey&, const VerifyKey&) = default;
};

// "ES256" and "Ed25519"; the text must be exactly that.
[[nodiscard]] Result<SignatureAlgorithm> parse_algorithm(std::string_view text);
[[nodiscard]] std::string_view to_text(SignatureAlgorithm algorithm);

// Checks size and, for P-256, that the point is on the curve.
[[nodiscard]] Result<VerifyKey> make_verify_key(SignatureAlgorithm algorithm, ByteView point);

// es256: 64 bytes r | s over SHA-256 of the message (RFC 7518, 3.4); ed25519: RFC 8032.
[[nodiscard]] bool verify(const VerifyKey& key, ByteView message, ByteView signature);

}  // namespace conclave::hsm::api
