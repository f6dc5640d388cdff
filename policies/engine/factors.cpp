#include <algorithm>

#include "policies/engine/judgement.hpp"

namespace conclave::policy {
namespace {

constexpr Seconds kMinuteS = 60;
constexpr Seconds kHourS = 3'600;

// X.1606 8.1.2: on GSM others can read an SMS.
bool is_sms_unsafe(const Judgement& judgement) {
  return judgement.facts.network.access == Access::gsm && !judgement.policy.factors.sms_on_gsm;
}

Words<Factor> accepted(const Judgement& judgement) {
  auto kinds = judgement.policy.factors.kinds;
  if (is_sms_unsafe(judgement)) kinds.remove(Factor::sms);
  return kinds;
}

Words<Factor> usable(const Judgement& judgement) {
  auto own = judgement.facts.account.enrolled;
  own.remove(Factor::primary);
  if (judgement.facts.account.has_primary && !approval_obstacle(judgement))
    own.add(Factor::primary);
  return own & accepted(judgement);
}

void demand(Judgement& judgement, std::string_view why) {
  const auto any_of = usable(judgement);
  const auto subject = std::string(why);
  const bool sms_only = is_sms_unsafe(judgement) &&
                        judgement.policy.factors.kinds.has(Factor::sms) &&
                        judgement.facts.account.enrolled.has(Factor::sms);
  if (sms_only) judgement.add(Code::sms_on_gsm, Outcome::allow);
  if (any_of.empty()) {
    judgement.add(Code::factor_unusable, Outcome::restrict, subject);
    return;
  }
  judgement.add(Code::factor_needed, Outcome::step_up, subject);
  judgement.decision.step_ups.push_back({any_of, approval_needed(judgement)});
}

// Why a factor is needed as a matter of course; empty when it is not.
std::string_view routine(const Judgement& judgement) {
  const auto& rules = judgement.policy.factors;
  if (!(judgement.facts.account.roles & rules.roles_always).empty()) return "role";
  if (rules.demand == Demand::always) return "always";
  if (rules.demand == Demand::new_device && !judgement.facts.device.known) return "new_device";
  return {};
}

}  // namespace

Seconds fresh_s(const Policy& policy) {
  return policy.factors.fresh_minutes * kMinuteS;
}

bool has_passed(const Judgement& judgement, Seconds age_s) {
  const auto kinds = accepted(judgement);
  if (kinds.has(Factor::primary) && approval_holds(judgement)) return true;
  return std::ranges::any_of(judgement.facts.passed, [&](const PassedFactor& one) {
    return one.kind != Factor::primary && kinds.has(one.kind) && one.age_s <= age_s;
  });
}

void judge_factors(Judgement& judgement) {
  const auto fresh = fresh_s(judgement.policy);
  if (judgement.suspicion == Outcome::step_up) {
    if (has_passed(judgement, fresh))
      judgement.add(Code::factor_passed, Outcome::allow, "suspicion");
    else
      return demand(judgement, "suspicion");
  }
  const auto why = routine(judgement);
  if (why.empty()) return;
  const auto remembered = judgement.policy.factors.remember_hours * kHourS;
  if (has_passed(judgement, std::max(fresh, remembered)))
    judgement.add(Code::factor_passed, Outcome::allow, std::string(why));
  else
    demand(judgement, why);
}

}  // namespace conclave::policy
