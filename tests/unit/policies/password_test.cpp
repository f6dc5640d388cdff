#include <gmock/gmock.h>

#include "policies/document/change.hpp"
#include "policies/engine/engine.hpp"

namespace conclave::policy {
namespace {

struct Row {
  const char* name;
  PasswordFacts facts;
  Number length;
  Care breached;
  Care reused;
  Outcome outcome;
  std::vector<Code> codes;
};

const Row kRows[] = {
    {"long enough to the character",
     {12, false, false},
     12,
     Care::refuse,
     Care::refuse,
     Outcome::allow,
     {}},
    {"one too short",
     {11, false, false},
     12,
     Care::ignore,
     Care::ignore,
     Outcome::refuse,
     {Code::password_short}},
    {"breached and refused",
     {20, true, false},
     12,
     Care::refuse,
     Care::refuse,
     Outcome::refuse,
     {Code::password_breached}},
    {"breached and warned of",
     {20, true, false},
     12,
     Care::warn,
     Care::refuse,
     Outcome::allow,
     {Code::password_breached}},
    {"breached and ignored", {20, true, false}, 12, Care::ignore, Care::refuse, Outcome::allow, {}},
    {"reused and refused",
     {20, false, true},
     12,
     Care::refuse,
     Care::refuse,
     Outcome::refuse,
     {Code::password_reused}},
    {"reused and warned of",
     {20, false, true},
     12,
     Care::refuse,
     Care::warn,
     Outcome::allow,
     {Code::password_reused}},
    {"reused and ignored", {20, false, true}, 12, Care::refuse, Care::ignore, Outcome::allow, {}},
    {"all at once",
     {3, true, true},
     12,
     Care::refuse,
     Care::refuse,
     Outcome::refuse,
     {Code::password_short, Code::password_breached, Code::password_reused}},
};

TEST(NewPassword, IsJudgedAsEachRowSays) {
  for (const auto& row : kRows) {
    Policy policy;
    policy.password = {row.length, 100, row.breached, row.reused};
    const auto decision = decide_password(row.facts, policy);
    EXPECT_EQ(decision.outcome, row.outcome) << row.name;
    std::vector<Code> codes;
    for (const auto& reason : decision.reasons) codes.push_back(reason.code);
    EXPECT_EQ(codes, row.codes) << row.name;
  }
}

TEST(NewPassword, ToldToBeShortSaysHowLongItMustBe) {
  Policy policy;
  policy.password.length = 14;
  const auto decision = decide_password({9, false, false}, policy);
  ASSERT_EQ(decision.reasons.size(), 1u);
  EXPECT_EQ(advice(decision.reasons[0], Language::english),
            "This password has 9 characters; use at least 14.");
}

// No change of the rules of passwords that lets one pass more is called harmless.
TEST(Password, NoChangeThatLetsMorePasswordsPassIsCalledHarmless) {
  const Number lengths[] = {8, 10, 12};
  const Care cares[] = {Care::ignore, Care::warn, Care::refuse};
  std::vector<Policy> all;
  for (const Number length : lengths) {
    for (const Care breached : cares) {
      for (const Care reused : cares) {
        Policy& one = all.emplace_back();
        one.password.length = length;
        one.password.breached = breached;
        one.password.reused = reused;
      }
    }
  }
  int laxer = 0;
  for (const Policy& before : all) {
    for (const Policy& after : all) {
      Effect whole;
      for (const Change& change : changes(before, after)) whole |= change.effect;
      for (const Number length : {9, 11, 13}) {
        for (const int bits : {0, 1, 2, 3}) {
          const PasswordFacts facts{length, (bits & 1) != 0, (bits & 2) != 0};
          const Decision old = decide_password(facts, before);
          const Decision now = decide_password(facts, after);
          const bool passes = now.outcome < old.outcome || now.reasons.size() < old.reasons.size();
          laxer += passes ? 1 : 0;
          ASSERT_TRUE(!passes || whole.weakens);
        }
      }
    }
  }
  EXPECT_GT(laxer, 100);
}

}  // namespace
}  // namespace conclave::policy
