#include "policies/change/quorum.hpp"

#include <gmock/gmock.h>

#include "policies/defaults/defaults.hpp"
#include "tests/unit/policies/drawn.hpp"
#include "tests/unit/policies/weakening.hpp"

namespace conclave::policy {
namespace {

constexpr Electorate kUsual{2, 3, 100};

Signer signer(std::uint64_t user, Parties parties, std::uint64_t tenant = 1) {
  return {TenantId{tenant}, UserId{user}, parties};
}

// Made from the table of fields: a new one without an order, or whose weakening would not be held
// back, fails here.
TEST(Quorum, EachFieldHasAWeakeningThatIsHeldBackForWhomItNames) {
  for (const Field& field : fields()) {
    if (field.order == Order::none) continue;
    const auto pair = weakening_of(field);
    ASSERT_TRUE(pair) << field.name();
    const auto found = changes(pair->first, pair->second);
    ASSERT_EQ(found.size(), 1U) << field.name();
    EXPECT_TRUE(found[0].effect.weakens) << field.name();
    EXPECT_TRUE(waits(found[0].effect)) << field.name();
    const Quorum quorum = quorum_of(found, kUsual);
    EXPECT_EQ(quorum.parties, field.parties) << field.name();
    EXPECT_EQ(quorum.persons, 2) << field.name();
    EXPECT_EQ(quorum.users, field.parties.has(Party::users) ? 3 : 0) << field.name();
    EXPECT_TRUE(field.parties.has(Party::tenant)) << field.name();
    // The way back tightens: it holds at once, unless it moves trust as well.
    const auto back = changes(pair->second, pair->first);
    EXPECT_EQ(waits(back[0].effect), field.trust == Trust::moves_when_stricter) << field.name();
  }
}

TEST(Quorum, WhatWaitsIsExactlyWhatWeakensOrMovesTrust) {
  EXPECT_FALSE(waits({}));
  EXPECT_FALSE(waits({true, false, false}));
  EXPECT_TRUE(waits({false, true, false}));
  EXPECT_TRUE(waits({true, true, false}));
  EXPECT_TRUE(waits({true, false, true}));
}

// No pair of policies whose change weakens anything comes out of it without anybody to ask.
TEST(Quorum, NoChangeThatWeakensIsAskedOfNobody) {
  Draw draw(1'606'831);
  int waiting = 0;
  for (int round = 0; round < 5'000; ++round) {
    const auto before = draw.variant(*shipped_policy("standard"), draw.below(12));
    const auto after = draw.variant(before, draw.below(6));
    const auto found = changes(before, after);
    Effect whole;
    Parties named;
    for (const Change& change : found) {
      whole |= change.effect;
      if (waits(change.effect)) named = named | change.field->parties;
    }
    const Quorum quorum = quorum_of(found, kUsual);
    EXPECT_EQ(waits(whole), !quorum.parties.empty());
    EXPECT_EQ(quorum.parties, named);
    EXPECT_EQ(missing(quorum, {}).nothing(), !waits(whole));
    waiting += waits(whole) ? 1 : 0;
  }
  EXPECT_GT(waiting, 1'000);
}

TEST(Quorum, ATenantWithoutPeopleHasNobodyToAsk) {
  const auto pair = weakening_of(*find_field("location.fix_days"));
  const auto found = changes(pair->first, pair->second);
  EXPECT_EQ(quorum_of(found, {2, 3, 2}).users, 2);
  EXPECT_EQ(quorum_of(found, {2, 3, 0}).users, 0);
  EXPECT_EQ(quorum_of(found, {2, 3, 0}).parties, kBothSides);
}

TEST(Quorum, OneSignatureIsTheTenants) {
  const auto pair = weakening_of(*find_field("location.fix_days"));
  const Quorum quorum = quorum_of(changes(pair->first, pair->second), {1, 3, 100});
  EXPECT_EQ(quorum, (Quorum{{Party::tenant}, 1, 0}));
}

TEST(Quorum, IsReachedOnlyByDifferentPeopleOfAllParties) {
  const Quorum quorum{kBothSides, 2, 0};
  const auto lacking = [&](const std::vector<Signer>& signers) {
    return to_text(missing(quorum, signers));
  };
  EXPECT_EQ(lacking({}), "provider, tenant; 2 people");
  EXPECT_EQ(lacking({signer(1, {Party::tenant})}), "provider; 1 person");
  EXPECT_EQ(lacking({signer(1, {Party::tenant}), signer(2, {Party::tenant})}), "provider");
  EXPECT_EQ(lacking({signer(1, {Party::tenant}), signer(2, {Party::provider})}), "");
  // Twice the same person, or one who stands for both, is one person.
  EXPECT_EQ(lacking({signer(1, kBothSides)}), "1 person");
  EXPECT_EQ(lacking({signer(1, {Party::tenant}), signer(1, {Party::provider})}), "1 person");
  // The same number in another tenant is somebody else; who stands for nobody counts for nothing.
  EXPECT_EQ(lacking({signer(1, {Party::tenant}), signer(1, {Party::provider}, 2)}), "");
  EXPECT_EQ(lacking({signer(1, {Party::tenant}), signer(2, {})}), "provider; 1 person");
  EXPECT_EQ(lacking({signer(1, {Party::tenant}), signer(2, {Party::users})}), "provider; 1 person");
}

TEST(Quorum, UsersAreCountedBesideTheOthers) {
  const Quorum quorum{kEverybody, 2, 2};
  std::vector<Signer> signers{signer(1, {Party::tenant}), signer(2, {Party::provider})};
  EXPECT_EQ(to_text(missing(quorum, signers)), "users; 2 users");
  signers.push_back(signer(3, {Party::users}));
  signers.push_back(signer(3, {Party::users}));
  EXPECT_EQ(to_text(missing(quorum, signers)), "1 user");
  signers.push_back(signer(4, {Party::users}));
  EXPECT_TRUE(missing(quorum, signers).nothing());
}

}  // namespace
}  // namespace conclave::policy
