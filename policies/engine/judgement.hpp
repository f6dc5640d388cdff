#pragma once

#include <optional>
#include <string>
#include <utility>

#include "policies/document/policy.hpp"
#include "policies/engine/decision.hpp"
#include "policies/engine/facts.hpp"

// A decision in the making; private to the engine. Each judge looks at one side of the facts and
// adds its reasons; none takes back what another one said, so that the strictest wins.
namespace conclave::policy {

struct Judgement {
  Judgement(const Facts& facts_in, const Policy& policy_in) : facts(facts_in), policy(policy_in) {}

  const Facts& facts;
  const Policy& policy;
  Decision decision;
  // What suspicion (networks, findings) leads to; a step-up is demanded by judge_factors.
  Outcome suspicion = Outcome::allow;
  std::optional<bool> approved;  // the newcomer, by primary or recovery; once it was asked

  Reason& add(Code code, Outcome effect, std::string subject = {}) {
    if (effect > decision.outcome) decision.outcome = effect;
    decision.reasons.push_back({code, effect, std::move(subject), {}, 0, 0});
    return decision.reasons.back();
  }
  Reason& suspect(Code code, Outcome effect, std::string subject = {}) {
    if (effect > suspicion) suspicion = effect;
    // A step-up that was passed already is no obstacle: judge_factors decides.
    return effect == Outcome::step_up ? add(code, Outcome::allow, std::move(subject))
                                      : add(code, effect, std::move(subject));
  }
  void oblige(Duty duty, std::string subject = {}, std::int64_t at_ms = 0) {
    decision.obligations.push_back({duty, std::move(subject), at_ms});
  }
  [[nodiscard]] bool suspicious() const { return suspicion != Outcome::allow; }
};

void judge_account(Judgement& judgement);
void judge_network(Judgement& judgement);
void judge_location(Judgement& judgement);
void judge_factors(Judgement& judgement);
void judge_primary(Judgement& judgement);
void judge_caps(Judgement& judgement);

// A factor of an accepted kind was passed less than `age_s` ago (and not by SMS on GSM).
[[nodiscard]] bool has_passed(const Judgement& judgement, Seconds age_s);
[[nodiscard]] Seconds fresh_s(const Policy& policy);

// How the primary has to approve here and now.
[[nodiscard]] Approval approval_needed(const Judgement& judgement);
// It has approved in that way, and not too long ago.
[[nodiscard]] bool approval_holds(const Judgement& judgement);
// Why it cannot be asked (again).
[[nodiscard]] std::optional<Reason> approval_obstacle(const Judgement& judgement);

// Asks, at most once in a judgement, for the approval of a newcomer: true when it was given or a
// recovery path replaces it; otherwise the reason for what is missing was added.
[[nodiscard]] bool is_approved(Judgement& judgement);

}  // namespace conclave::policy
