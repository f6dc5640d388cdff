#include "runtime/rules/evidence.hpp"

#include "runtime/rules/errors.hpp"

namespace conclave::rules {

namespace {

constexpr std::size_t kMaxKey = 65;        // bytes; an uncompressed point of P-256
constexpr std::size_t kMaxSignature = 64;  // bytes; of both algorithms

Bytes copied(ByteView view) {
  return {view.begin(), view.end()};
}

Result<Approval> read_approval(base::ByteReader& in) {
  Approval out;
  out.tenant.value = in.u64();
  out.user.value = in.u64();
  out.device.value = in.u64();
  const std::uint8_t algorithm = in.u8();
  const auto key =
      hsm::api::make_verify_key(hsm::api::SignatureAlgorithm{algorithm}, in.run(kMaxKey));
  out.parties = policy::Parties::from_bits(in.u8());
  out.signature = copied(in.run(kMaxSignature));
  out.at_ms = in.i64();
  const bool known = algorithm == 1 || algorithm == 2;
  if (!in.ok() || !known || !key || !out.tenant || !out.user || !out.device) {
    return fail(base::kMalformed, "approval");
  }
  out.key = *key;
  return out;
}

}  // namespace

policy::Signer signer_of(const Approval& approval) {
  return {approval.tenant, approval.user, approval.parties};
}

bool holds(const Approval& approval, const policy::Proposal& proposal, ByteView bytes) {
  return approval.at_ms < proposal.expires_ms &&
         hsm::api::verify(approval.key, policy::proposal_statement(bytes), approval.signature);
}

Result<policy::Proposal> verified(const Evidence& evidence) {
  if (evidence.empty()) return fail(kChangeUnsigned, "no signatures");
  auto proposal = policy::parse_proposal(evidence.proposal);
  if (!proposal) return fail(kChangeUnsigned, proposal.error().detail());
  std::vector<policy::Signer> signers;
  for (const Approval& approval : evidence.approvals) {
    if (!holds(approval, *proposal, evidence.proposal)) {
      return fail(kChangeUnsigned, "the signature of " + base::to_text(approval.user));
    }
    signers.push_back(signer_of(approval));
  }
  const policy::Missing lacking = policy::missing(proposal->quorum, signers);
  if (!lacking.nothing()) return fail(kChangeUnsigned, "missing: " + policy::to_text(lacking));
  return proposal;
}

void write(base::ByteWriter& out, const Evidence& evidence) {
  out.run(evidence.proposal).u8(static_cast<std::uint8_t>(evidence.approvals.size()));
  for (const Approval& each : evidence.approvals) {
    out.u64(each.tenant.value).u64(each.user.value).u64(each.device.value);
    out.u8(static_cast<std::uint8_t>(each.key.algorithm)).run(each.key.point);
    out.u8(static_cast<std::uint8_t>(each.parties.bits())).run(each.signature).i64(each.at_ms);
  }
}

Result<Evidence> read_evidence(base::ByteReader& in) {
  Evidence out;
  out.proposal = copied(in.run(policy::kMaxProposal));
  const std::size_t count = in.u8();
  if (!in.ok() || count > kMaxApprovals || (out.empty() && count != 0)) {
    return fail(base::kMalformed, "evidence");
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto approval = read_approval(in);
    if (!approval) return std::unexpected(std::move(approval).error());
    out.approvals.push_back(*std::move(approval));
  }
  return out;
}

}  // namespace conclave::rules
