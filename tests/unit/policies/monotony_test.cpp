#include <gmock/gmock.h>

#include <algorithm>

#include "policies/cases/facts_text.hpp"
#include "policies/cases/table.hpp"
#include "policies/defaults/defaults.hpp"
#include "policies/document/change.hpp"
#include "policies/engine/engine.hpp"
#include "tests/unit/policies/drawn.hpp"
#include "tests/unit/policies/tables.hpp"

namespace conclave::policy {
namespace {

constexpr int kRounds = 20'000;

bool is_consistent(const Policy& policy) {
  schema::Problems problems;
  check_together(policy, {}, "", problems);
  return problems.empty();
}

Policy drawn_policy(Draw& draw) {
  for (;;) {
    const auto& base = shipped()[draw.below(shipped().size())];
    auto policy = draw.variant(*shipped_policy(base.name), draw.below(12));
    if (is_consistent(policy)) return policy;
  }
}

std::string shown(const std::vector<Change>& list) {
  std::string out;
  for (const auto& change : list)
    out += to_text(change.effect) + ": " + std::string(change.field->name()) + ": " +
           change.before + " -> " + change.after + "\n";
  return out;
}

Effect whole(const std::vector<Change>& list) {
  Effect out;
  for (const auto& change : list) out |= change.effect;
  return out;
}

// Laxer: a laxer outcome, or more methods for somebody who is restricted in both.
bool is_laxer(const Decision& one, const Decision& than) {
  if (one.outcome != than.outcome) return one.outcome < than.outcome;
  return std::ranges::any_of(one.methods, [&](const std::string& method) {
    return std::ranges::find(than.methods, method) == than.methods.end();
  });
}

// `after` must not weaken anything against `before`.
void expect_not_laxer(const Policy& before, const Policy& after, const Facts& facts) {
  const auto old = decide(facts, before);
  const auto now = decide(facts, after);
  ASSERT_FALSE(is_laxer(now, old))
      << shown(changes(before, after)) << schema::json_text(write_facts(facts))
      << schema::json_text(write_decision(old)) << schema::json_text(write_decision(now));
}

TEST(Monotony, AStricterFieldNeverGivesALaxerDecision) {
  Draw draw(20'261'120);
  int stricter = 0;
  for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) {
    const auto policy = drawn_policy(draw);
    const auto& field = draw.field();
    Policy other = policy;
    field.key.set(other, draw.value(field));
    if (!is_consistent(other)) continue;
    const auto effect = effect_of(field, policy, other);
    const auto facts = draw.facts();
    if (!effect.weakens) expect_not_laxer(policy, other, facts);
    if (effect.weakens && !effect.tightens) expect_not_laxer(other, policy, facts);
    stricter += effect.weakens != effect.tightens;
  }
  EXPECT_GT(stricter, kRounds / 4);
}

// The rows sit on the edges of the rules, where a wrong order shows.
TEST(Monotony, HoldsWhereverAFieldIsTurnedInARowOfTheTables) {
  constexpr int kValues = 4;
  Draw draw(1'606);
  int stricter = 0;
  for (const auto& [file, rule] : all_rows()) {
    for (const auto& field : fields()) {
      for (int i = 0; i < kValues; ++i) {
        Policy other = rule.policy;
        field.key.set(other, draw.value(field));
        const auto effect = effect_of(field, rule.policy, other);
        if (effect.neutral() || !is_consistent(other)) continue;
        if (!effect.weakens) expect_not_laxer(rule.policy, other, rule.facts);
        if (!effect.tightens) expect_not_laxer(other, rule.policy, rule.facts);
        ASSERT_FALSE(HasFatalFailure()) << file << ": " << rule.name;
        stricter += effect.weakens != effect.tightens;
      }
    }
  }
  EXPECT_GT(stricter, 1'000);
}

TEST(Monotony, NoChangeThatLetsMoreInIsCalledHarmless) {
  Draw draw(4'711);
  int laxer = 0;
  for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) {
    const auto before = drawn_policy(draw);
    const auto after = draw.chance(50) ? drawn_policy(draw) : draw.variant(before, 3);
    if (!is_consistent(after)) continue;
    const auto facts = draw.facts();
    if (!whole(changes(before, after)).weakens) expect_not_laxer(before, after, facts);
    laxer += is_laxer(decide(facts, after), decide(facts, before));
  }
  EXPECT_GT(laxer, kRounds / 100);
}

// Nor one after which what was let in is looked at later, or its other devices are no more told.
TEST(Monotony, NoChangeThatLooksAwayIsCalledHarmless) {
  Draw draw(8'311);
  int away = 0;
  for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) {
    const auto before = drawn_policy(draw);
    const auto after = draw.variant(before, 3);
    if (!is_consistent(after)) continue;
    const auto facts = draw.facts();
    const auto old = decide(facts, before);
    const auto now = decide(facts, after);
    if (old.outcome != now.outcome) continue;
    const auto* old_look = old.obligation(Duty::recheck);
    const auto* new_look = now.obligation(Duty::recheck);
    const bool later =
        old_look != nullptr && (new_look == nullptr || new_look->at_ms > old_look->at_ms);
    const bool quieter = old.obligation(Duty::notify_devices) != nullptr &&
                         now.obligation(Duty::notify_devices) == nullptr;
    away += later || quieter;
    if (!whole(changes(before, after)).weakens) {
      ASSERT_FALSE(later || quieter)
          << shown(changes(before, after)) << schema::json_text(write_facts(facts))
          << schema::json_text(write_decision(old)) << schema::json_text(write_decision(now));
    }
  }
  EXPECT_GT(away, kRounds / 400);
}

TEST(Monotony, EveryDecisionIsTheSameAgainAndExplainsItself) {
  Draw draw(99);
  for (int round = 0; round < kRounds / 4; ++round) {
    const auto policy = drawn_policy(draw);
    const auto facts = draw.facts();
    const auto decision = decide(facts, policy);
    ASSERT_EQ(decide(facts, policy), decision);
    const auto* reason = decision.main_reason();
    ASSERT_EQ(reason == nullptr, decision.outcome == Outcome::allow);
    if (reason != nullptr) ASSERT_FALSE(advice(*reason, Language::english).empty());
    ASSERT_EQ(decision.step_ups.empty(), decision.outcome != Outcome::step_up);
    if (decision.outcome != Outcome::restrict) ASSERT_TRUE(decision.methods.empty());
  }
}

// The order in which facts are listed is nobody's business.
TEST(Monotony, TheOrderOfSessionsDoesNotMatter) {
  Draw draw(7);
  for (int round = 0; round < kRounds / 4; ++round) {
    const auto policy = drawn_policy(draw);
    auto facts = draw.facts();
    // A device is of one class and is the primary or not, whatever its sessions are.
    for (auto& session : facts.sessions) {
      session.device_class = session.device < "c" ? DeviceClass::web : DeviceClass::mobile;
      session.primary = session.device == "d";
    }
    const auto decision = decide(facts, policy);
    std::ranges::reverse(facts.sessions);
    ASSERT_EQ(decide(facts, policy), decision);
  }
}

// Two devices with one place between them, each signing in again as soon as it is signed out.
TEST(Caps, TwoDevicesThatReturnByThemselvesNeverSignEachOtherOut) {
  Policy policy;
  policy.devices.cap = 1;
  policy.devices.tenure_minutes = 1;
  std::string inside = "a";
  Seconds since = 0;
  int turns = 0;
  for (int minute = 0; minute < 10'000; ++minute, since += 60) {
    Facts facts;
    facts.device.id = inside == "a" ? "b" : "a";
    facts.device.known = true;
    facts.credential.kind = CredentialKind::device_key;
    facts.sessions = {{inside, DeviceClass::desktop, false, true, false, since, since}};
    if (decide(facts, policy).outcome != Outcome::allow) continue;
    inside = facts.device.id;
    since = 0;
    ++turns;
  }
  EXPECT_EQ(turns, 0);
}

}  // namespace
}  // namespace conclave::policy
