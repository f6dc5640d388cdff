#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/factors/authenticator_data.hpp"

// The relying party's side of WebAuthn Level 3: registration (7.1) and assertion (7.2). Formats of
// attestation: `none`, and `packed` self attestation, which is checked; others are accepted as
// unattested, since no model of authenticator is asked for. Pure; any thread.
namespace conclave::factors {

struct RelyingParty {
  std::string id;                    // a domain, "chat.example.org"
  std::vector<std::string> origins;  // "https://chat.example.org", exactly as a browser writes it
  bool user_verification = false;    // beside the password, presence is enough
};

inline constexpr std::size_t kChallengeBytes = 32;
inline constexpr std::size_t kMostClientData = 4'096;
inline constexpr std::size_t kMostAttestation = 16 * 1'024;

struct Registration {
  Bytes client_data;  // clientDataJSON
  Bytes attestation;  // attestationObject
};

enum class Attestation : std::uint8_t { none = 1, self = 2, unattested = 3 };

struct Registered {
  Bytes credential;  // id
  Bytes cose;        // public key
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
  bool user_verified = false;
  Attestation attestation = Attestation::none;
};

struct Assertion {
  Bytes credential;  // id
  Bytes client_data;
  Bytes authenticator_data;
  Bytes signature;
  std::optional<Bytes> user_handle;
};

// What was stored of a credential at its registration and last use.
struct StoredCredential {
  Bytes credential;
  Bytes cose;
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
};

struct Asserted {
  std::uint32_t sign_count = 0;
  bool user_verified = false;
};

// The challenge in clientDataJSON, before anything is checked: to find which one is answered.
[[nodiscard]] Result<Bytes> claimed_challenge(ByteView client_data);

// kWebAuthnMalformed or kWebAuthnRefused; the detail names the check that failed.
[[nodiscard]] Result<Registered> verify_registration(const RelyingParty& party, ByteView challenge,
                                                     const Registration& registration);
// `user_handle` is the one that was given out at registration.
[[nodiscard]] Result<Asserted> verify_assertion(const RelyingParty& party, ByteView challenge,
                                                const StoredCredential& stored,
                                                ByteView user_handle, const Assertion& assertion);

}  // namespace conclave::factors
