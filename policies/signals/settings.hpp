#pragma once

#include <array>

#include "policies/signals/finding.hpp"

namespace conclave::signals {

// How bad a finding is when it is true. A tenant's policy may set each, from 0 (not looked at) to
// 1; the defaults are the ones that the evaluation was made with (README.md).
class Weights {
 public:
  Weights();
  [[nodiscard]] double of(FindingKind kind) const {
    return values_[static_cast<std::size_t>(kind)];
  }
  // Values beyond 0 to 1 are moved to the nearer bound.
  void set(FindingKind kind, double weight);

 private:
  std::array<double, kFindingKinds> values_{};
};

// From which score on a connection has which grade; ascending. Set by the tenant's policy.
struct Thresholds {
  double notice = 0.35;
  double step_up = 0.60;
  double restrict_to = 0.85;
  double refuse = 0.97;
};

enum class Grade : std::uint8_t { none, notice, step_up, restrict_to, refuse };
[[nodiscard]] std::string_view grade_name(Grade grade);
[[nodiscard]] Grade grade_of(double score, const Thresholds& thresholds);

struct Settings {
  Weights weights;
  Thresholds thresholds;
  // Nobody travels faster. Airliners fly at about 900 km/h; fast jet streams add 200, and the
  // distance is between discs' edges, so that 950 lets nearly all of them pass.
  double travel_kmh = 950;
};

}  // namespace conclave::signals
