#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policies/change/quorum.hpp"
#include "policies/document/change.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"

// A change that waits for signatures. Canonical bytes:
//
//   "CVC1" | kind run | change u64 | tenant u64 | old version u64 | SHA-256 of the old document 32
//   | SHA-256 of the new document 32 | effect u8 | parties u8 | persons u8 | users u16 | proposed
//   by: tenant u64, user u64 | nonce 32 | proposed i64 | expires i64
//
// Integers are big-endian, runs have a u32 length. Whoever signs holds these bytes against the two
// documents; nobody in between can turn them into another change, tenant, class or time.
namespace conclave::policy {

inline constexpr std::size_t kMaxProposal = 512;  // bytes
inline constexpr std::string_view kPolicyKind = "policy";

struct Proposal {
  std::string kind;  // kPolicyKind; lower case letters, digits, '.', at most 32
  ChangeId change;
  TenantId tenant;
  std::uint64_t old_version = 0;  // of the tenant's policy; 0: a shipped one is in force
  base::Sha256 old_digest{};      // of the document in force, as it was written
  base::Sha256 new_digest{};      // of the document that is to be in force, as it was written
  Effect effect;                  // as classified when it was proposed
  Quorum quorum;
  TenantId by_tenant;
  UserId by;
  base::Sha256 nonce{};          // random: no two proposals have the same bytes
  std::int64_t proposed_ms = 0;  // UTC
  std::int64_t expires_ms = 0;   // UTC; never takes effect afterwards

  friend bool operator==(const Proposal&, const Proposal&) = default;
};

[[nodiscard]] Bytes encode(const Proposal& proposal);
// kMalformed for anything but what encode() makes of a proposal with kind, ids, times and a quorum.
[[nodiscard]] Result<Proposal> parse_proposal(ByteView bytes);

// What a person's device signs:
//   transcript_digest("conclave/change/1", the proposal's bytes)
[[nodiscard]] base::Sha256 proposal_statement(ByteView proposal);

// Bit 0: tightens, bit 1: weakens, bit 2: moves trust. Other bits: kMalformed.
[[nodiscard]] std::uint8_t bits_of(const Effect& effect);
[[nodiscard]] Result<Effect> effect_of_bits(std::uint8_t bits);

}  // namespace conclave::policy
