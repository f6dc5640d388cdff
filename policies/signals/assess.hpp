#pragma once

#include <string>
#include <vector>

#include "policies/signals/evidence.hpp"
#include "policies/signals/finding.hpp"
#include "policies/signals/habit.hpp"
#include "policies/signals/settings.hpp"

namespace conclave::signals {

// A finding and what it adds to the score.
struct Weighed {
  Finding finding;
  // Its strength after the others of its family: strongest in full, second half, third a quarter.
  double counted = 0;
  // How much lower the score were without it.
  double contribution = 0;
};

struct Assessment {
  std::vector<Weighed> findings;  // by contribution, greatest first
  double score = 0;               // 0 to 1
  Grade grade = Grade::none;

  [[nodiscard]] const Finding* find(FindingKind kind) const;
  // "score 0.71 (step-up): The person was ... (+0.52); ..." for people.
  [[nodiscard]] std::string explanation() const;
};

// All signals over the facts, then the score. Deterministic, no I/O, no clock: the time is
// evidence.here.at_s. A few microseconds.
[[nodiscard]] Assessment assess(const Evidence& evidence, const History& history,
                                const HabitProfile& habit, const Settings& settings);

// Noisy-or over `counted`: each finding is an independent chance that the connection is not the
// person's, so score = 1 - product(1 - counted). Families make up for their not being independent.
[[nodiscard]] Assessment combine(std::vector<Finding> findings, const Settings& settings);

}  // namespace conclave::signals
