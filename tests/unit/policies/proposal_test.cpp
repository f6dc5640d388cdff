#include "policies/change/proposal.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace conclave::policy {
namespace {

Proposal sample() {
  Proposal out;
  out.kind = kPolicyKind;
  out.change = ChangeId{11};
  out.tenant = TenantId{7};
  out.old_version = 3;
  out.old_digest.fill(1);
  out.new_digest.fill(2);
  out.effect = {true, true, false};
  out.quorum = {kEverybody, 2, 3};
  out.by_tenant = TenantId{7};
  out.by = UserId{9};
  out.nonce.fill(3);
  out.proposed_ms = 1'700'000'000'000;
  out.expires_ms = 1'700'000'600'000;
  return out;
}

TEST(Proposal, IsReadAsItWasWrittenAndOnlySo) {
  const Bytes bytes = encode(sample());
  const auto read = parse_proposal(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, sample());
  EXPECT_LE(bytes.size(), kMaxProposal);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(parse_proposal(ByteView(bytes).first(length))) << length;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(parse_proposal(longer));
  EXPECT_FALSE(parse_proposal(Bytes(kMaxProposal + 1)));
}

// Each part of it is signed: no two proposals that differ anywhere have the same statement.
TEST(Proposal, EveryFieldIsPartOfWhatIsSigned) {
  const std::function<void(Proposal&)> turns[] = {
      [](Proposal&) {},
      [](Proposal& it) { it.kind = "link"; },
      [](Proposal& it) { it.change.value = 12; },
      [](Proposal& it) { it.tenant.value = 8; },
      [](Proposal& it) { it.old_version = 4; },
      [](Proposal& it) { it.old_digest[31] = 0; },
      [](Proposal& it) { it.new_digest[0] = 0; },
      [](Proposal& it) { it.effect.tightens = false; },
      [](Proposal& it) { it.effect.weakens = false; },
      [](Proposal& it) { it.effect.moves_trust = true; },
      [](Proposal& it) { it.quorum.parties = kBothSides; },
      [](Proposal& it) { it.quorum.persons = 3; },
      [](Proposal& it) { it.quorum.users = 4; },
      [](Proposal& it) { it.by_tenant.value = 8; },
      [](Proposal& it) { it.by.value = 8; },
      [](Proposal& it) { it.nonce[7] = 0; },
      [](Proposal& it) { ++it.proposed_ms; },
      [](Proposal& it) { ++it.expires_ms; },
  };
  std::set<base::Sha256> statements;
  for (const auto& turn : turns) {
    Proposal other = sample();
    turn(other);
    statements.insert(proposal_statement(encode(other)));
  }
  EXPECT_EQ(statements.size(), std::size(turns));
}

TEST(Proposal, WhatCannotBeIsRefused) {
  const std::function<void(Proposal&)> wrongs[] = {
      [](Proposal& it) { it.kind = ""; },
      [](Proposal& it) { it.kind = "Policy"; },
      [](Proposal& it) { it.kind = std::string(33, 'a'); },
      [](Proposal& it) { it.change.value = 0; },
      [](Proposal& it) { it.tenant.value = 1ULL << 63; },
      [](Proposal& it) { it.by.value = 0; },
      [](Proposal& it) {
        it.effect = {true, false, false};
      },  // needs no signatures
      [](Proposal& it) { it.quorum.parties.remove(Party::tenant); },
      [](Proposal& it) { it.quorum.parties = Parties::from_bits(15); },
      [](Proposal& it) { it.quorum.persons = 0; },
      [](Proposal& it) { it.quorum.users = 0; },
      [](Proposal& it) { it.quorum.parties = kBothSides; },
      [](Proposal& it) { it.proposed_ms = 0; },
      [](Proposal& it) { it.expires_ms = it.proposed_ms; },
  };
  int number = 0;
  for (const auto& wrong : wrongs) {
    Proposal other = sample();
    wrong(other);
    EXPECT_FALSE(parse_proposal(encode(other))) << number;
    ++number;
  }
}

TEST(Proposal, EffectsAreBitsThatExist) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    const auto effect = effect_of_bits(static_cast<std::uint8_t>(bits));
    EXPECT_EQ(effect.has_value(), bits < 8) << bits;
    if (effect) EXPECT_EQ(bits_of(*effect), bits);
  }
}

}  // namespace
}  // namespace conclave::policy
