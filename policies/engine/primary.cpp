#include <algorithm>

#include "policies/engine/judgement.hpp"

namespace conclave::policy {
namespace {

constexpr Seconds kHourS = 3'600;
constexpr std::int64_t kAdminPair = 2;

bool has_passed_code(const Judgement& judgement) {
  const auto fresh = fresh_s(judgement.policy);
  return std::ranges::any_of(judgement.facts.passed, [&](const PassedFactor& one) {
    return one.kind == Factor::recovery_code && one.age_s <= fresh;
  });
}

bool has_waited(Judgement& judgement) {
  const auto& recovery = judgement.facts.recovery;
  if (recovery.objected) {
    judgement.add(Code::recovery_objected, Outcome::allow);
    return false;
  }
  const auto rest = judgement.policy.recovery.wait_hours * kHourS - recovery.age_s;
  if (rest > 0) {
    judgement.add(Code::recovery_waiting, Outcome::allow).value = rest;
    return false;
  }
  return has_passed(judgement, fresh_s(judgement.policy));
}

bool is_recovered(Judgement& judgement) {
  const auto& recovery = judgement.facts.recovery;
  if (!recovery.path || !judgement.policy.recovery.paths.has(*recovery.path)) return false;
  if (*recovery.path == Recovery::recovery_code) return has_passed_code(judgement);
  if (*recovery.path == Recovery::second_factor_wait) return has_waited(judgement);
  return recovery.admins >= kAdminPair;
}

bool ask(Judgement& judgement) {
  const auto& approval = judgement.facts.approval;
  if (approval_holds(judgement)) {
    judgement.add(Code::approval_given, Outcome::allow, std::string(to_text(approval.method)));
    return true;
  }
  if (const auto obstacle = approval_obstacle(judgement)) {
    judgement.add(obstacle->code, Outcome::refuse) = *obstacle;
    return false;
  }
  const auto method = approval_needed(judgement);
  const std::string way(to_text(method));
  judgement.add(Code::approval_needed, Outcome::step_up, way);
  judgement.decision.step_ups.push_back({{Factor::primary}, method});
  if (approval.state != ApprovalState::pending) judgement.oblige(Duty::ask_primary, way);
  return false;
}

bool find_approval(Judgement& judgement) {
  if (is_recovered(judgement)) {
    judgement.add(Code::recovery_done, Outcome::allow,
                  std::string(to_text(*judgement.facts.recovery.path)));
    return true;
  }
  return judgement.facts.account.has_primary && ask(judgement);
}

bool may_become_primary(const Judgement& judgement) {
  const auto& device = judgement.facts.device;
  return device.hardware_id && device.service_id &&
         (device.attested || !judgement.policy.primary.attestation);
}

}  // namespace

Approval approval_needed(const Judgement& judgement) {
  const auto& rules = judgement.policy.primary;
  return judgement.suspicious() ? rules.approval_risky : rules.approval;
}

bool approval_holds(const Judgement& judgement) {
  const auto& approval = judgement.facts.approval;
  return approval.state == ApprovalState::approved &&
         approval.method >= approval_needed(judgement) &&
         approval.age_s <= judgement.policy.primary.lifetime_s;
}

std::optional<Reason> approval_obstacle(const Judgement& judgement) {
  const auto& approval = judgement.facts.approval;
  const auto& rules = judgement.policy.primary;
  const auto refused = [](Code code, std::int64_t value, std::int64_t limit) {
    return Reason{code, Outcome::refuse, {}, {}, value, limit};
  };
  if (approval.state == ApprovalState::denied) return refused(Code::approval_denied, 0, 0);
  if (approval.failed_attempts >= rules.attempts)
    return refused(Code::approval_attempts, approval.failed_attempts, rules.attempts);
  if (approval.state != ApprovalState::pending && approval.asked_today >= rules.per_day)
    return refused(Code::approval_per_day, approval.asked_today, rules.per_day);
  return std::nullopt;
}

bool is_approved(Judgement& judgement) {
  if (!judgement.approved) judgement.approved = find_approval(judgement);
  return *judgement.approved;
}

void judge_primary(Judgement& judgement) {
  const auto& device = judgement.facts.device;
  if (!judgement.policy.primary.required || device.primary || device.approved) return;
  if (judgement.facts.account.has_primary) {
    static_cast<void>(is_approved(judgement));
    return;
  }
  if (!may_become_primary(judgement)) {
    judgement.add(Code::primary_incapable, Outcome::refuse, device.id);
    return;
  }
  judgement.add(Code::primary_elected, Outcome::allow, device.id);
  judgement.oblige(Duty::elect_primary, device.id);
}

}  // namespace conclave::policy
