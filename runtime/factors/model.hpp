#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "policies/document/words.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/factors/totp.hpp"
#include "runtime/factors/webauthn.hpp"
#include "runtime/identity/model.hpp"

namespace conclave::factors {

struct FactorTag {
  static constexpr char kPrefix = 'f';
};
using FactorId = base::Id<FactorTag>;

// What a person can set up; a number is stored.
enum class Kind : std::uint8_t { totp = 1, webauthn = 2, recovery = 3 };

struct Totp {
  identity::SealedText seed;  // its bytes, under the user's author key
  TotpForm form;
  std::uint64_t last_step = 0;  // the newest that was accepted; none at or below it counts again
};

struct WebAuthn {
  StoredCredential credential;
  Attestation attestation = Attestation::none;
};

struct RecoverySet {
  Bytes salt;                  // the set key is made from it in the token
  std::vector<Bytes> digests;  // of kRecoveryCodes codes; a used one is empty
};

// One second factor of one user: a row of power. A user has at most one set of recovery codes.
struct Factor {
  FactorId id;
  TenantId tenant;
  UserId user;
  identity::SealedText label;
  std::int64_t created_ms = 0;  // UTC
  std::int64_t used_ms = 0;     // UTC; 0: never
  std::uint64_t version = 0;
  std::variant<Totp, WebAuthn, RecoverySet> what;

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(what.index() + 1); }
};

// "totp", "webauthn", "recovery_code": as in policies.
[[nodiscard]] policy::Factor policy_factor(Kind kind);
[[nodiscard]] inline std::string_view to_text(Kind kind) {
  return policy::to_text(policy_factor(kind));
}

// How many codes of a set are left.
[[nodiscard]] std::size_t codes_left(const RecoverySet& set);

// That this account and others of the installation are one person's, by the person's own act.
struct Person {
  TenantId tenant;
  UserId user;
  std::uint64_t person = 0;  // random; the same for all accounts of the person
  Bytes salt;                // 16 bytes, the same for all as well
  // HMAC(reuse, person | Argon2id(password, salt)) of the account's present password.
  Bytes digest;
  std::int64_t linked_ms = 0;  // UTC
  std::uint64_t version = 0;
};

}  // namespace conclave::factors
