#pragma once

#include <sodium.h>

#include "runtime/rules/book.hpp"
#include "tests/unit/identity/fixture.hpp"

// Signatures under changes, as devices of people make them.
namespace conclave::rules::testing {

using identity::testing::TestDevice;

inline constexpr std::int64_t kWeek_ms = 7 * 86'400'000LL;

inline Bytes signed_by(const TestDevice& device, ByteView proposal) {
  const base::Sha256 statement = policy::proposal_statement(proposal);
  Bytes out(crypto_sign_BYTES);
  crypto_sign_detached(out.data(), nullptr, statement.data(), statement.size(),
                       device.secret_key.data());
  return out;
}

// What its author proposes with a draft; one person of the tenant has to sign.
inline policy::Proposal proposal_of(const Draft& draft, std::int64_t now_ms) {
  policy::Proposal out;
  out.kind = policy::kPolicyKind;
  out.change = ChangeId{77};
  out.tenant = draft.version.tenant;
  out.old_version = draft.replaces;
  out.old_digest = draft.old_digest;
  out.new_digest = base::sha256(draft.version.document);
  out.effect = draft.version.effect;
  out.quorum = {{policy::Party::tenant}, 1, 0};
  out.by = draft.version.by;
  out.by_tenant = draft.version.by_tenant;
  out.proposed_ms = now_ms;
  out.expires_ms = now_ms + kWeek_ms;
  return out;
}

inline Approval approval_by(const TestDevice& device, const policy::Proposal& proposal) {
  const Bytes bytes = policy::encode(proposal);
  return {proposal.by_tenant,
          proposal.by,
          DeviceId{5},
          device.key(),
          {policy::Party::tenant},
          signed_by(device, bytes),
          proposal.proposed_ms};
}

inline Evidence evidence_of(const policy::Proposal& proposal, const TestDevice& device) {
  return {policy::encode(proposal), {approval_by(device, proposal)}};
}

}  // namespace conclave::rules::testing
