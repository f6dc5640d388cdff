#include "policies/change/proposal.hpp"

#include "runtime/base/canonical.hpp"

namespace conclave::policy {
namespace {

constexpr std::string_view kMagic = "CVC1";
constexpr std::size_t kMaxKind = 32;
constexpr std::uint8_t kTightens = 1;
constexpr std::uint8_t kWeakens = 2;
constexpr std::uint8_t kMovesTrust = 4;

// Somebody of the tenant always has to sign, and users only where they are a party.
bool is_quorum(const Quorum& quorum) {
  const bool known = quorum.parties.bits() < 1U << words(Party{}).size();
  return known && quorum.parties.has(Party::tenant) && quorum.persons >= 1 &&
         quorum.parties.has(Party::users) == (quorum.users != 0);
}

}  // namespace

std::uint8_t bits_of(const Effect& effect) {
  return static_cast<std::uint8_t>((effect.tightens ? kTightens : 0) |
                                   (effect.weakens ? kWeakens : 0) |
                                   (effect.moves_trust ? kMovesTrust : 0));
}

Result<Effect> effect_of_bits(std::uint8_t bits) {
  if (bits > (kTightens | kWeakens | kMovesTrust)) return fail(base::kMalformed, "effect");
  return Effect{(bits & kTightens) != 0, (bits & kWeakens) != 0, (bits & kMovesTrust) != 0};
}

Bytes encode(const Proposal& proposal) {
  base::ByteWriter out(kMaxProposal);
  out.raw(kMagic).run(proposal.kind).u64(proposal.change.value).u64(proposal.tenant.value);
  out.u64(proposal.old_version).raw(proposal.old_digest).raw(proposal.new_digest);
  out.u8(bits_of(proposal.effect));
  out.u8(static_cast<std::uint8_t>(proposal.quorum.parties.bits()));
  out.u8(proposal.quorum.persons).u16(proposal.quorum.users);
  out.u64(proposal.by_tenant.value).u64(proposal.by.value).raw(proposal.nonce);
  out.i64(proposal.proposed_ms).i64(proposal.expires_ms);
  return out.take();
}

Result<Proposal> parse_proposal(ByteView bytes) {
  if (bytes.size() > kMaxProposal) return fail(base::kMalformed, "proposal: too long");
  base::ByteReader in(bytes);
  const bool known = base::as_text(in.raw(kMagic.size())) == kMagic;
  Proposal out;
  out.kind = std::string(in.text(kMaxKind));
  out.change.value = in.u64();
  out.tenant.value = in.u64();
  out.old_version = in.u64();
  base::read_digest(in, out.old_digest);
  base::read_digest(in, out.new_digest);
  const auto effect = effect_of_bits(in.u8());
  out.quorum.parties = Parties::from_bits(in.u8());
  out.quorum.persons = in.u8();
  out.quorum.users = in.u16();
  out.by_tenant.value = in.u64();
  out.by.value = in.u64();
  base::read_digest(in, out.nonce);
  out.proposed_ms = in.i64();
  out.expires_ms = in.i64();
  const bool named = base::is_id(out.change.value) && base::is_id(out.tenant.value) &&
                     base::is_id(out.by_tenant.value) && base::is_id(out.by.value);
  const bool timed = out.proposed_ms > 0 && out.expires_ms > out.proposed_ms;
  if (!in.done() || !known || !base::is_kind(out.kind) || !named || !timed || !effect ||
      !waits(*effect) || !is_quorum(out.quorum)) {
    return fail(base::kMalformed, "proposal: not the canonical form");
  }
  out.effect = *effect;
  return out;
}

base::Sha256 proposal_statement(ByteView proposal) {
  return base::transcript_digest({base::as_bytes("conclave/change/1"), proposal});
}

}  // namespace conclave::policy
