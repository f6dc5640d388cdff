#pragma once

#include <array>
#include <optional>

#include "runtime/base/digest.hpp"
#include "runtime/factors/credential_key.hpp"

namespace conclave::factors {

struct AttestedCredential {
  std::array<std::uint8_t, 16> aaguid{};  // the authenticator's model; zeros when it does not tell
  Bytes id;                               // 1 to 1,023 bytes
  Bytes cose;                             // the public key as it stood there
  CredentialKey key;
};

// WebAuthn, 6.1.
struct AuthenticatorData {
  base::Sha256 rp_id_hash{};
  bool user_present = false;
  bool user_verified = false;
  bool backup_eligible = false;
  bool backed_up = false;
  std::uint32_t sign_count = 0;
  std::optional<AttestedCredential> credential;
};

// kWebAuthnMalformed; bytes beyond what the flags announce are one mistake.
[[nodiscard]] Result<AuthenticatorData> parse_authenticator_data(ByteView bytes);

}  // namespace conclave::factors
