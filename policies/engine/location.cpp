#include <cmath>

#include "policies/engine/judgement.hpp"
#include "policies/signals/assess.hpp"

namespace conclave::policy {
namespace {

using signals::FindingKind;

constexpr double kPerHundred = 100;

// What a finding rests on beside the address, which is always there.
Signal basis_of(FindingKind kind) {
  switch (kind) {
    case FindingKind::impossible_travel:
    case FindingKind::far_apart_devices:
    case FindingKind::credential_stuffing:
    case FindingKind::mass_registration:
    case FindingKind::automated_attempts:
      return Signal::address;
    case FindingKind::unfamiliar_device:
    case FindingKind::new_country:
    case FindingKind::rare_network:
      return Signal::habit;
    case FindingKind::fix_against_address:
      return Signal::device_fix;
    case FindingKind::round_trip_too_short:
    case FindingKind::round_trip_too_long:
    case FindingKind::split_round_trip:
      return Signal::round_trip;
    case FindingKind::time_zone_against_place:
      return Signal::time_zone;
    case FindingKind::locale_against_place:
      return Signal::locale;
    case FindingKind::second_network_against_first:
      return Signal::second_network;
    case FindingKind::peers_against_place:
      return Signal::peers;
    case FindingKind::listed_vpn:
    case FindingKind::listed_proxy:
    case FindingKind::tor_exit:
    case FindingKind::hosting_network:
      return Signal::lists;
    case FindingKind::tunnel_mtu:
      return Signal::packet_size;
  }
  return Signal::address;
}

bool is_sign_of_relay(FindingKind kind) {
  return kind == FindingKind::tunnel_mtu || kind == FindingKind::round_trip_too_long ||
         kind == FindingKind::split_round_trip;
}

void judge_relay(Judgement& judgement, const FindingFacts& finding) {
  const auto& rules = judgement.policy.network;
  if (!is_sign_of_relay(finding.kind) || rules.relay == Outcome::allow) return;
  if (finding.confidence < rules.relay_confidence) return;
  auto& reason = judgement.suspect(Code::network_relay, rules.relay,
                                   std::string(signals::row_of(finding.kind).name));
  reason.detail = finding.detail;
  reason.value = finding.confidence;
  reason.limit = rules.relay_confidence;
}

const FindingFacts* source_of(const Facts& facts, FindingKind kind) {
  for (const auto& finding : facts.findings)
    if (finding.kind == kind) return &finding;
  return nullptr;
}

void explain(Judgement& judgement, const signals::Assessment& assessment) {
  for (const auto& weighed : assessment.findings) {
    const auto kind = weighed.finding.kind;
    auto& reason = judgement.add(Code::location_finding, Outcome::allow,
                                 std::string(signals::row_of(kind).name));
    reason.value = std::lround(weighed.contribution * kPerHundred);
    if (const auto* source = source_of(judgement.facts, kind)) reason.detail = source->detail;
  }
}

void judge_score(Judgement& judgement) {
  const auto& rules = judgement.policy.location;
  const auto score = judgement.decision.score;
  const auto grade = [&](Outcome effect, std::int64_t limit) {
    auto& reason = judgement.suspect(Code::location_score, effect);
    reason.value = score;
    reason.limit = limit;
  };
  if (score >= rules.refuse_at)
    grade(Outcome::refuse, rules.refuse_at);
  else if (score >= rules.restrict_at)
    grade(Outcome::restrict, rules.restrict_at);
  else if (score >= rules.step_up_at)
    grade(Outcome::step_up, rules.step_up_at);
}

}  // namespace

void judge_location(Judgement& judgement) {
  const auto& rules = judgement.policy.location;
  if (rules.consent == Consent::required && !judgement.facts.account.location_consent)
    judgement.add(Code::consent_missing, Outcome::restrict);
  std::vector<signals::Finding> findings;
  for (const auto& fact : judgement.facts.findings) {
    if (!rules.signals.has(basis_of(fact.kind))) continue;
    judge_relay(judgement, fact);
    signals::Finding finding;
    finding.kind = fact.kind;
    finding.weight =
        static_cast<double>(rules.weights[static_cast<std::size_t>(fact.kind)]) / kPerHundred;
    finding.confidence = static_cast<double>(fact.confidence) / kPerHundred;
    findings.push_back(finding);
  }
  if (findings.empty()) return;
  const auto assessment = signals::combine(std::move(findings), {});
  judgement.decision.score = std::lround(assessment.score * kPerHundred);
  explain(judgement, assessment);
  judge_score(judgement);
}

}  // namespace conclave::policy
