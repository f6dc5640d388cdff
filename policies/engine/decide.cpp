#include <algorithm>

#include "policies/engine/engine.hpp"
#include "policies/engine/judgement.hpp"

namespace conclave::policy {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

bool touches_credentials(const std::string& method) {
  return method.starts_with("factor.") || method == "user.set_password";
}

void list_methods(Judgement& judgement) {
  auto& methods = judgement.decision.methods;
  methods = judgement.policy.session.restricted_methods;
  if (judgement.suspicious()) std::erase_if(methods, touches_credentials);
}

// What must not happen when it comes to nothing: nobody is signed out for a newcomer who is not in
// yet, and no primary is asked about somebody who is refused anyway.
void drop_idle_duties(Decision& decision) {
  const bool inside = decision.outcome == Outcome::allow || decision.outcome == Outcome::restrict;
  std::erase_if(decision.obligations, [&](const Obligation& one) {
    if (one.duty == Duty::ask_primary) return decision.outcome == Outcome::refuse;
    if (one.duty == Duty::elect_primary) return decision.outcome != Outcome::allow;
    return !inside;
  });
}

bool is_notified(const Judgement& judgement) {
  if (judgement.suspicious() || judgement.decision.outcome == Outcome::refuse) return true;
  if (judgement.policy.session.notice == Notice::always) return true;
  return judgement.policy.session.notice == Notice::new_device && !judgement.facts.device.known;
}

void add_duties(Judgement& judgement) {
  auto& decision = judgement.decision;
  judgement.oblige(Duty::record);
  if (is_notified(judgement)) judgement.oblige(Duty::notify_devices);
  if (decision.outcome == Outcome::step_up || decision.outcome == Outcome::refuse) return;
  const auto& session = judgement.policy.session;
  const bool watched = judgement.suspicious() || decision.outcome == Outcome::restrict;
  const auto minutes = watched ? session.recheck_risky_minutes : session.recheck_minutes;
  judgement.oblige(Duty::recheck, {}, judgement.facts.now_ms + minutes * kMinuteMs);
}

void finish(Judgement& judgement) {
  auto& decision = judgement.decision;
  drop_idle_duties(decision);
  if (decision.outcome != Outcome::step_up) decision.step_ups.clear();
  if (decision.outcome == Outcome::restrict) list_methods(judgement);
  add_duties(judgement);
}

}  // namespace

Decision decide(const Facts& facts, const Policy& policy) {
  Judgement judgement(facts, policy);
  judge_account(judgement);
  judge_network(judgement);
  judge_location(judgement);
  judge_factors(judgement);
  judge_primary(judgement);
  judge_caps(judgement);
  finish(judgement);
  return std::move(judgement.decision);
}

const Reason* Decision::main_reason() const {
  if (outcome == Outcome::allow) return nullptr;
  return &*std::ranges::find(reasons, outcome, &Reason::effect);
}

const Obligation* Decision::obligation(Duty duty) const {
  const auto found = std::ranges::find(obligations, duty, &Obligation::duty);
  return found == obligations.end() ? nullptr : &*found;
}

}  // namespace conclave::policy
