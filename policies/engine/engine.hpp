#pragma once

#include "policies/document/policy.hpp"
#include "policies/engine/decision.hpp"
#include "policies/engine/facts.hpp"

namespace conclave::policy {

// Whether somebody may come in, or stay: pure, total and deterministic. Ask at sign-in, inside the
// transaction that creates the session, and again when `recheck` says so.
[[nodiscard]] Decision decide(const Facts& facts, const Policy& policy);

// Whether a new password may be set.
[[nodiscard]] Decision decide_password(const PasswordFacts& facts, const Policy& policy);

// The cap that holds for a user and where it comes from ("cap", "role guest", "user bot").
struct Cap {
  std::int64_t devices = 0;
  std::string source;
};
[[nodiscard]] Cap cap_of(const AccountFacts& account, const Devices& rules);

// A session that has ended, or that lost its connection and was not used for long, is nobody's.
[[nodiscard]] bool is_live(const SessionFacts& session, const Facts& facts);

}  // namespace conclave::policy
