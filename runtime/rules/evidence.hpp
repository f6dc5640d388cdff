#pragma once

#include <cstdint>
#include <vector>

#include "hsm/api/signature.hpp"
#include "policies/change/proposal.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

// Why a version that weakens may hold: what was proposed, and who signed it.
namespace conclave::rules {

inline constexpr std::size_t kMaxApprovals = 32;

struct Approval {
  TenantId tenant;  // whose person signed: the tenant's or the provider's
  UserId user;
  DeviceId device;
  hsm::api::VerifyKey key;  // of the device, kept beyond its end
  policy::Parties parties;  // whom the person stood for when they signed
  Bytes signature;          // over policy::proposal_statement(the proposal)
  std::int64_t at_ms = 0;   // UTC
};

struct Evidence {
  Bytes proposal;  // policy::encode(Proposal); empty: nothing had to be signed
  std::vector<Approval> approvals;

  [[nodiscard]] bool empty() const { return proposal.empty(); }
};

// The key's signature holds over exactly these bytes, and it was given before they expired.
[[nodiscard]] bool holds(const Approval& approval, const policy::Proposal& proposal,
                         ByteView bytes);
// The proposal, when every signature holds and they are all that it asks for. kChangeUnsigned with
// what is wrong otherwise. Whether a signer had the right is not looked at: that was decided when
// the row was written, and its MAC says so.
[[nodiscard]] Result<policy::Proposal> verified(const Evidence& evidence);
[[nodiscard]] policy::Signer signer_of(const Approval& approval);

// proposal run | n u8 | n x (tenant u64, user u64, device u64, algorithm u8, key run, parties u8,
// signature run, at i64). An empty Evidence is an empty proposal and no approvals.
void write(base::ByteWriter& out, const Evidence& evidence);
// kMalformed; the reader stands behind the evidence afterwards.
[[nodiscard]] Result<Evidence> read_evidence(base::ByteReader& in);

}  // namespace conclave::rules
