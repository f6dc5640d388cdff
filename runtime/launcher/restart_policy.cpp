#include "runtime/launcher/restart_policy.hpp"

#include <algorithm>

namespace conclave::launcher {

std::optional<std::chrono::milliseconds> RestartPolicy::after_exit(
    std::optional<int> exit_code, std::chrono::milliseconds lived) {
  if (exit_code == kExitConfiguration) return std::nullopt;
  deaths_ = lived >= backoff_.healthy ? 1 : deaths_ + 1;
  if (deaths_ == 1) return backoff_.first;
  constexpr unsigned kDoublings = 16;
  return std::min(backoff_.most, backoff_.step * (1U << std::min(deaths_ - 2, kDoublings)));
}

}  // namespace conclave::launcher
