#include <gmock/gmock.h>

#include <set>

#include "policies/engine/engine.hpp"

namespace conclave::policy {
namespace {

using ::testing::HasSubstr;

Reason sample(Code code) {
  return {code, Outcome::refuse, "the-subject", "the-detail", 71, 93};
}

TEST(Reasons, HaveACodeOfTheirOwnAndAdviceInBothLanguages) {
  std::set<std::string_view> codes;
  std::set<std::string> texts;
  for (std::size_t i = 0; i < kCodes; ++i) {
    const auto code = static_cast<Code>(i);
    codes.insert(code_text(code));
    texts.insert(advice(sample(code), Language::english));
    texts.insert(advice(sample(code), Language::chinese));
  }
  EXPECT_EQ(codes.size(), kCodes);
  EXPECT_EQ(texts.size(), 2 * kCodes);
}

TEST(Decision, GivesTheObligationOfADuty) {
  Decision decision;
  EXPECT_EQ(decision.obligation(Duty::recheck), nullptr);
  decision.obligations = {{.duty = Duty::record, .subject = {}, .at_ms = 0},
                          {.duty = Duty::recheck, .subject = {}, .at_ms = 7}};
  ASSERT_NE(decision.obligation(Duty::recheck), nullptr);
  EXPECT_EQ(decision.obligation(Duty::recheck)->at_ms, 7);
  EXPECT_EQ(decision.obligation(Duty::notify_devices), nullptr);
}

TEST(Reasons, NoAdviceKeepsABrace) {
  for (std::size_t i = 0; i < kCodes; ++i)
    for (const auto language : {Language::english, Language::chinese})
      EXPECT_THAT(advice(sample(static_cast<Code>(i)), language), Not(HasSubstr("{")));
}

TEST(Reasons, AdviceNamesWhatIsParticular) {
  EXPECT_EQ(advice(sample(Code::cap_reached), Language::english),
            "71 other devices are signed in; at most 93 may be (the-subject). Sign one out and try "
            "again.");
  EXPECT_EQ(advice(sample(Code::cap_reached), Language::chinese),
            "已有 71 台其他设备登录，上限为 93 台（the-subject）。请先退出一台设备再试。");
  EXPECT_EQ(advice(sample(Code::location_finding), Language::english),
            "Noticed: the-subject (adds 71 to the score). the-detail");
}

TEST(Reasons, WhatIsParticularIsNotReadAgain) {
  Reason reason = sample(Code::network_listed);
  reason.subject = "{limit}";
  EXPECT_THAT(advice(reason, Language::english), HasSubstr("of kind {limit}."));
}

TEST(Words, OfFactsAndDecisionsAreTheirNames) {
  EXPECT_EQ(to_text(AccountState::damaged), "damaged");
  EXPECT_EQ(to_text(CredentialKind::resume), "resume");
  EXPECT_EQ(to_text(ApprovalState::denied), "denied");
  EXPECT_EQ(to_text(Duty::recheck), "recheck");
  EXPECT_EQ(to_text(Duty::record), "record");
}

}  // namespace
}  // namespace conclave::policy
