#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/engine/decision.hpp"
#include "policies/engine/facts.hpp"
#include "runtime/identity/connection_facts.hpp"
#include "runtime/identity/model.hpp"

namespace conclave::admission {

struct Passed {
  policy::Factor kind{};
  std::int64_t at_ms = 0;  // UTC
};

// Somebody whose proof held and who now wants a session; or who has one, when it is looked at
// again.
struct Candidate {
  identity::Device device;  // as stored; of a newcomer: as it will be
  std::string device_name;  // of a newcomer
  bool newcomer = false;
  policy::CredentialKind credential = policy::CredentialKind::device_key;
  identity::ConnectionFacts connection;
  policy::Language language = policy::Language::english;
  Bytes nonce_s;               // of the hello that its proof answered
  std::vector<Passed> passed;  // during this sign-in
  ApprovalId approval;         // the primary was asked with it; none: not yet
  policy::Approval way = policy::Approval::number_match;  // in which it has to approve
  // What its client certificate was worth when it was last looked at, for the audit trail: a digest
  // and a word. Empty: none was presented, or the tenant has no authorities.
  std::string certificate;
};

struct SignedIn {
  identity::Actor actor;
  std::string account;
  std::string access_token;
  std::int64_t access_expires_ms = 0;  // UTC
  Bytes resume_handle;
  std::int64_t resume_expires_ms = 0;  // UTC
  bool resumed = false;
  std::vector<std::string> methods;  // of a restricted session: what it may call
  std::string notices;               // JSON array of reasons that concern the person; empty: none
};

// What a person shows beside the device key.
struct Proof {
  policy::Factor kind{};
  std::string code;  // of totp, recovery_code
  // Of webauthn: what the authenticator answered (WebAuthn Level 2, 6.3.3).
  struct Assertion {
    Bytes credential;
    Bytes client_data;
    Bytes authenticator_data;
    Bytes signature;
    std::optional<Bytes> user_handle;
  };
  std::optional<Assertion> assertion;
};

}  // namespace conclave::admission
