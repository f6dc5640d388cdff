#include "policies/signals/assess.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "policies/signals/signals.hpp"

namespace conclave::signals {
namespace {

constexpr std::size_t kFamilies = 7;
// What the second, third, ... finding of a family counts, each over the one before.
constexpr double kFamilyFade = 0.5;

// Fills `counted`; findings must be in order of strength. Returns the score.
double weigh(std::vector<Weighed>& findings, std::size_t leave_out) {
  std::array<double, kFamilies> share{};
  share.fill(1);
  double innocent = 1;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (i == leave_out) continue;
    const Finding& finding = findings[i].finding;
    double& left = share[static_cast<std::size_t>(row_of(finding.kind).family)];
    const double counted = finding.strength() * left;
    left *= kFamilyFade;
    if (leave_out == findings.size()) findings[i].counted = counted;
    innocent *= 1 - counted;
  }
  return 1 - innocent;
}

std::string two_places(double value) {
  const long hundredths = std::lround(value * 100);
  const std::string rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (rest.size() == 1 ? "0" : "") + rest;
}

}  // namespace

std::string_view grade_name(Grade grade) {
  switch (grade) {
    case Grade::none:
      return "none";
    case Grade::notice:
      return "notice";
    case Grade::step_up:
      return "step_up";
    case Grade::restrict_to:
      return "restrict";
    case Grade::refuse:
      return "refuse";
  }
  return {};
}

Grade grade_of(double score, const Thresholds& thresholds) {
  if (score >= thresholds.refuse) return Grade::refuse;
  if (score >= thresholds.restrict_to) return Grade::restrict_to;
  if (score >= thresholds.step_up) return Grade::step_up;
  return score >= thresholds.notice ? Grade::notice : Grade::none;
}

void Weights::set(FindingKind kind, double weight) {
  values_[static_cast<std::size_t>(kind)] = weight > 0 ? std::min(weight, 1.0) : 0;
}

Weights::Weights() {
  using enum FindingKind;
  set(impossible_travel, 0.92);
  set(far_apart_devices, 0.45);
  set(unfamiliar_device, 0.595);
  set(new_country, 0.52);
  set(rare_network, 0.50);
  set(fix_against_address, 0.30);
  set(round_trip_too_short, 0.35);
  set(time_zone_against_place, 0.30);
  set(locale_against_place, 0.10);
  set(second_network_against_first, 0.28);
  set(peers_against_place, 0.35);
  set(listed_vpn, 0.58);
  set(listed_proxy, 0.60);
  set(tor_exit, 0.80);
  set(hosting_network, 0.55);
  set(tunnel_mtu, 0.15);
  set(round_trip_too_long, 0.30);
  set(split_round_trip, 0.62);
  // Each alone asks for a factor under the shipped `standard`; a crowd of machines is refused.
  set(credential_stuffing, 0.82);
  set(mass_registration, 0.82);
  set(automated_attempts, 0.84);
}

const Finding* Assessment::find(FindingKind kind) const {
  for (const Weighed& weighed : findings) {
    if (weighed.finding.kind == kind) return &weighed.finding;
  }
  return nullptr;
}

std::string Assessment::explanation() const {
  std::string out = "score " + two_places(score) + " (" + std::string(grade_name(grade)) + ")";
  for (const Weighed& weighed : findings) {
    out += &weighed == findings.data() ? ": " : " ";
    out += weighed.finding.words() + " (+" + two_places(weighed.contribution) + ")";
  }
  return out;
}

Assessment combine(std::vector<Finding> findings, const Settings& settings) {
  std::ranges::sort(findings, [](const Finding& left, const Finding& right) {
    return left.strength() != right.strength() ? left.strength() > right.strength()
                                               : left.kind < right.kind;
  });
  Assessment out;
  out.findings.reserve(findings.size());
  for (Finding& finding : findings) out.findings.push_back({std::move(finding), 0, 0});
  out.score = weigh(out.findings, out.findings.size());
  for (std::size_t i = 0; i < out.findings.size(); ++i) {
    out.findings[i].contribution = out.score - weigh(out.findings, i);
  }
  std::ranges::sort(out.findings, [](const Weighed& left, const Weighed& right) {
    return left.contribution != right.contribution ? left.contribution > right.contribution
                                                   : left.finding.kind < right.finding.kind;
  });
  out.grade = grade_of(out.score, settings.thresholds);
  return out;
}

Assessment assess(const Evidence& evidence, const History& history, const HabitProfile& habit,
                  const Settings& settings) {
  std::vector<Finding> found;
  found.reserve(kFindingKinds);
  const Look look{evidence, history, habit, settings, found};
  look_at_movement(look);
  look_at_novelty(look);
  look_at_disagreement(look);
  look_at_relays(look);
  return combine(std::move(found), settings);
}

}  // namespace conclave::signals
