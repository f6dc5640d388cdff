#include <gmock/gmock.h>

#include <algorithm>

#include "policies/engine/engine.hpp"
#include "tests/unit/policies/tables.hpp"

namespace conclave::policy {
namespace {

TEST(Tables, EachRowIsDecidedAsItSays) {
  for (const auto& [file, rule] : all_rows()) {
    const auto decision = decide(rule.facts, rule.policy);
    EXPECT_THAT(differences(rule.expected, decision), ::testing::IsEmpty())
        << file << ":" << rule.line << ": " << rule.name << "\n"
        << schema::json_text(write_decision(decision));
  }
}

TEST(Tables, TheSameFactsGiveTheSameDecision) {
  for (const auto& [file, rule] : all_rows())
    EXPECT_EQ(decide(rule.facts, rule.policy), decide(rule.facts, rule.policy)) << rule.name;
}

TEST(Tables, EveryRefusalAndRestrictionHasAReasonWithAdvice) {
  for (const auto& [file, rule] : all_rows()) {
    const auto decision = decide(rule.facts, rule.policy);
    const auto* reason = decision.main_reason();
    EXPECT_EQ(reason == nullptr, decision.outcome == Outcome::allow) << rule.name;
    if (reason == nullptr) continue;
    EXPECT_EQ(reason->effect, decision.outcome) << rule.name;
    EXPECT_FALSE(advice(*reason, Language::english).empty()) << rule.name;
  }
}

TEST(Tables, DetailsAreCarriedToTheReason) {
  Facts facts;
  facts.network.listed = {{Listed::tor, "exit-list"}};
  facts.findings = {{signals::FindingKind::split_round_trip, 100, "5 ms and 90 ms"}};
  const auto decision = decide(facts, Policy{});
  const auto detail_of = [&](Code code) {
    const auto found = std::ranges::find(decision.reasons, code, &Reason::code);
    return found == decision.reasons.end() ? "" : found->detail;
  };
  EXPECT_EQ(detail_of(Code::network_listed), "exit-list");
  EXPECT_EQ(detail_of(Code::network_relay), "5 ms and 90 ms");
  EXPECT_EQ(detail_of(Code::location_finding), "5 ms and 90 ms");
}

TEST(Tables, WhyACertificateDoesNotCountStandsBesideTheMissingVpn) {
  Facts facts;
  facts.network.certificate_refused = "expired";
  Policy policy;
  policy.network.mandatory_vpn = true;
  const auto detail = [&] {
    const auto decision = decide(facts, policy);
    const auto found = std::ranges::find(decision.reasons, Code::vpn_missing, &Reason::code);
    return found == decision.reasons.end() ? "no reason" : found->detail;
  };
  EXPECT_EQ(detail(), "");
  policy.network.certificate_proof = true;
  EXPECT_EQ(detail(), "client certificate: expired");
  facts.network.certificate_refused.clear();
  EXPECT_EQ(detail(), "");
  facts.network.client_certificate = true;
  EXPECT_EQ(detail(), "no reason");
}

TEST(Tables, TheMainReasonIsTheFirstOfTheStrictest) {
  Facts facts;
  facts.account.state = AccountState::disabled;
  facts.device.banned = true;
  const auto decision = decide(facts, Policy{});
  ASSERT_NE(decision.main_reason(), nullptr);
  EXPECT_EQ(decision.main_reason()->code, Code::account_unusable);
}

// The cap's own reason shows it, though the outcome comes from what the primary said.
TEST(Tables, NoPlaceIsTakenByWhomThePrimaryHasNotApproved) {
  Policy policy;
  policy.devices.cap = 1;
  policy.devices.overflow = Overflow::ask_primary;
  Facts facts;
  facts.device.id = "new";
  facts.account.has_primary = true;
  facts.sessions = {{"old", DeviceClass::desktop, false, true, false, 0, 9'000}};
  for (const auto state : {ApprovalState::none, ApprovalState::pending, ApprovalState::denied}) {
    facts.approval.state = state;
    const auto decision = decide(facts, policy);
    const auto cap = std::ranges::find(decision.reasons, Code::cap_reached, &Reason::code);
    ASSERT_NE(cap, decision.reasons.end());
    EXPECT_EQ(cap->effect, Outcome::step_up) << to_text(state);
  }
}

// The schema allows no such cap; the engine is total all the same.
TEST(Tables, ACapOfNothingRefusesEverybodyWhomTheOthersCannotMakeRoomFor) {
  Policy policy;
  policy.devices.cap = 0;
  policy.devices.overflow = Overflow::ask_primary;
  Facts facts;
  facts.device.id = "new";
  facts.credential.kind = CredentialKind::password;
  facts.recovery = {Recovery::admin_pair, 0, false, 2};
  EXPECT_EQ(decide(facts, policy).outcome, Outcome::refuse);
}

TEST(Tables, TheCapTellsWhereItComesFrom) {
  Devices rules;
  rules.cap_by_role = {{"guest", 1}};
  AccountFacts account;
  EXPECT_EQ(cap_of(account, rules).source, "tenant");
  EXPECT_EQ(cap_of(account, rules).devices, 5);
  account.roles.add(Role::guest);
  EXPECT_EQ(cap_of(account, rules).source, "role guest");
  EXPECT_EQ(cap_of(account, rules).devices, 1);
}

}  // namespace
}  // namespace conclave::policy
