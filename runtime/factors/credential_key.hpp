#pragma once

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/factors/cbor.hpp"

// Public keys of authenticators: COSE_Key (RFC 9052, 9053; RS256: RFC 8812). Pure; any thread.
namespace conclave::factors {

enum class CoseAlgorithm : std::int16_t { es256 = -7, eddsa = -8, rs256 = -257 };

struct CredentialKey {
  CoseAlgorithm algorithm = CoseAlgorithm::es256;
  Bytes point;    // es256: 65 bytes, uncompressed; eddsa: 32 bytes
  Bytes modulus;  // rs256: 2,048 to 4,096 bits
  Bytes exponent;
};

// The bytes of one COSE_Key map; points must lie on their curve. kWebAuthnMalformed.
[[nodiscard]] Result<CredentialKey> parse_credential_key(ByteView cose);

// es256: DER as WebAuthn 6.5.5 has it, in the one form that DER allows; eddsa: 64 bytes; rs256:
// PKCS#1 v1.5. The key signs SHA-256 of the message (eddsa: the message).
[[nodiscard]] bool verify(const CredentialKey& key, ByteView message, ByteView signature);

}  // namespace conclave::factors
