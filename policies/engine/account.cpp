#include "policies/engine/engine.hpp"
#include "policies/engine/judgement.hpp"

namespace conclave::policy {
namespace {

constexpr Seconds kDayS = 86'400;

void judge_device(Judgement& judgement) {
  const auto& device = judgement.facts.device;
  if (device.banned) judgement.add(Code::device_banned, Outcome::refuse, device.id);
  const auto most_days = judgement.policy.devices.idle_days;
  if (device.known && device.idle_s > most_days * kDayS) {
    auto& reason = judgement.add(Code::device_idle, Outcome::refuse, device.id);
    reason.value = device.idle_s / kDayS;
    reason.limit = most_days;
  }
}

void judge_credential(Judgement& judgement) {
  // Of the account, whatever somebody came in with: a thief who knows the password enrols a
  // device of his own, and a device key is no reason to put that off.
  const auto& credential = judgement.facts.credential;
  const auto& rules = judgement.policy.password;
  if (credential.password_age_s > rules.age_days * kDayS) {
    auto& reason = judgement.add(Code::password_expired, Outcome::restrict);
    reason.value = credential.password_age_s / kDayS;
    reason.limit = rules.age_days;
  }
  if (!credential.password_breached || rules.breached == Care::ignore) return;
  judgement.add(Code::password_breached,
                rules.breached == Care::refuse ? Outcome::restrict : Outcome::allow);
}

Outcome outcome_of(Care care) {
  return care == Care::refuse ? Outcome::refuse : Outcome::allow;
}

}  // namespace

void judge_account(Judgement& judgement) {
  const auto& account = judgement.facts.account;
  if (!account.tenant_active) judgement.add(Code::tenant_inactive, Outcome::refuse);
  if (account.state != AccountState::active)
    judgement.add(Code::account_unusable, Outcome::refuse, std::string(to_text(account.state)));
  judge_device(judgement);
  judge_credential(judgement);
}

Decision decide_password(const PasswordFacts& facts, const Policy& policy) {
  const Facts none;
  Judgement judgement(none, policy);
  const auto& rules = policy.password;
  if (facts.characters < rules.length) {
    auto& reason = judgement.add(Code::password_short, Outcome::refuse);
    reason.value = facts.characters;
    reason.limit = rules.length;
  }
  if (facts.breached && rules.breached != Care::ignore)
    judgement.add(Code::password_breached, outcome_of(rules.breached));
  if (facts.reused && rules.reused != Care::ignore)
    judgement.add(Code::password_reused, outcome_of(rules.reused));
  return std::move(judgement.decision);
}

}  // namespace conclave::policy
