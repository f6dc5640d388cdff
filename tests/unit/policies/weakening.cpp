#include "tests/unit/policies/weakening.hpp"

#include "policies/defaults/defaults.hpp"
#include "policies/document/change.hpp"
#include "policies/document/document.hpp"
#include "tests/unit/policies/drawn.hpp"

namespace conclave::policy {
namespace {

constexpr int kRounds = 5'000;

bool is_consistent(const Policy& policy) {
  schema::Problems problems;
  check_together(policy, {}, "", problems);
  return problems.empty();
}

}  // namespace

std::optional<std::pair<Policy, Policy>> weakening_of(const Field& field) {
  Draw draw(831);
  for (int round = 0; round < kRounds; ++round) {
    const auto& base = shipped()[draw.below(shipped().size())];
    // Some fields contradict others: what stands beside them is drawn too.
    Policy before = draw.variant(*shipped_policy(base.name), draw.below(3));
    Policy after = before;
    field.key.set(before, draw.value(field));
    field.key.set(after, draw.value(field));
    const Effect effect = effect_of(field, before, after);
    if (!effect.weakens || effect.tightens) continue;
    if (is_consistent(before) && is_consistent(after)) return std::pair(before, after);
  }
  return std::nullopt;
}

}  // namespace conclave::policy
