#include "policies/signals/crowd.hpp"

#include <algorithm>
#include <cmath>

#include "policies/signals/settings.hpp"

namespace conclave::signals {
namespace {

using enum FindingKind;

// An autonomous system is a whole carrier.
constexpr std::int64_t kSystemTimes = 5;
// Three of four are enough to be sure; below half of all, others are the rule here.
constexpr double kShareSure = 0.75;
constexpr double kShareLeast = 0.5;
constexpr double kAtThreshold = 0.8;

// 0 below `from`, `least` there, 1 from `to` on.
double ramp(double value, double from, double to, double least) {
  if (value < from) return 0;
  return std::min(1.0, least + (1 - least) * (value - from) / (to - from));
}

double counted(std::int64_t count, std::int64_t threshold) {
  const auto from = static_cast<double>(threshold);
  return ramp(static_cast<double>(count), from, 3 * from, kAtThreshold);
}

double prevailing(std::int64_t odd, std::int64_t usual) {
  const auto all = static_cast<double>(odd + usual);
  return all == 0 ? 0 : ramp(static_cast<double>(odd) / all, kShareLeast, kShareSure, 0);
}

void add(std::vector<Finding>& found, FindingKind kind, double confidence, std::string_view name,
         double number) {
  if (confidence < 0.01) return;
  Finding finding;
  finding.kind = kind;
  finding.weight = Weights().of(kind);
  finding.confidence = confidence;
  finding.add(name, number);
  found.push_back(finding);
}

void stuffing(const CrowdFacts& facts, const CrowdRules& rules, std::vector<Finding>& found) {
  const auto sure = [](const NetworkCrowd& crowd, std::int64_t threshold) {
    return counted(crowd.tried, threshold) * prevailing(crowd.tried, crowd.enrolled + crowd.known);
  };
  const double near = sure(facts.block, rules.accounts_tried);
  const double far = sure(facts.system, rules.accounts_tried * kSystemTimes);
  const auto& crowd = near >= far ? facts.block : facts.system;
  add(found, credential_stuffing, std::max(near, far), "accounts",
      static_cast<double>(crowd.tried));
}

void registration(const CrowdFacts& facts, const CrowdRules& rules, std::vector<Finding>& found) {
  const auto sure = [](const NetworkCrowd& crowd, std::int64_t threshold) {
    return counted(crowd.enrolled, threshold) * prevailing(crowd.enrolled, crowd.known);
  };
  const double near = sure(facts.block, rules.accounts_enrolled);
  const double far = sure(facts.system, rules.accounts_enrolled * kSystemTimes);
  // Nobody shares the hardware: whoever claims it has it, or copied the claim.
  const double same = counted(facts.on_hardware, rules.accounts_per_device);
  double accounts = static_cast<double>(facts.on_hardware);
  if (same < std::max(near, far)) {
    accounts = static_cast<double>((near >= far ? facts.block : facts.system).enrolled);
  }
  add(found, mass_registration, std::max({near, far, same}), "accounts", accounts);
}

// People pause; the sum of many people arrives at random (Poisson: the gaps vary as much as they
// last). A program goes at its own beat, or as fast as it is answered.
void automation(const CrowdFacts& facts, std::vector<Finding>& found) {
  constexpr std::size_t kLeastGaps = 8;
  constexpr double kFastMs = 400;  // typing a password takes seconds
  constexpr double kEven = 0.12;   // of the gaps' mean; chance goes below with one in a million
  constexpr double kUneven = 0.35;
  if (facts.gaps_ms.size() < kLeastGaps) return;
  std::vector<double> gaps(facts.gaps_ms.begin(), facts.gaps_ms.end());
  double mean = 0;
  for (const double gap : gaps) mean += gap / static_cast<double>(gaps.size());
  double variance = 0;
  for (const double gap : gaps) {
    variance += (gap - mean) * (gap - mean) / static_cast<double>(gaps.size());
  }
  const double variation = mean > 0 ? std::sqrt(variance) / mean : 0;
  std::ranges::nth_element(gaps, gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2));
  const double median = gaps[gaps.size() / 2];
  const double fast = 1 - ramp(median, kFastMs, 3 * kFastMs, 0);
  const double even = 1 - std::clamp((variation - kEven) / (kUneven - kEven), 0.0, 1.0);
  add(found, automated_attempts, std::max(fast, even), "gap_ms", median);
}

}  // namespace

std::vector<Finding> look_at_crowd(const CrowdFacts& facts, const CrowdRules& rules) {
  std::vector<Finding> found;
  stuffing(facts, rules, found);
  registration(facts, rules, found);
  automation(facts, found);
  return found;
}

}  // namespace conclave::signals
