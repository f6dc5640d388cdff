#pragma once

#include <algorithm>
#include <cstdint>

namespace conclave::doors::native {

struct FloodRule {
  double per_s = 100;  // tokens that come back each second
  double burst = 400;  // tokens of a full bucket
};

// Tokens that fill up with time. Time is an argument (monotonic), so it has no thread and no clock
// of its own.
class TokenBucket {
 public:
  explicit TokenBucket(FloodRule rule) : tokens_(rule.burst) {}

  // 0: taken. Otherwise nothing was taken, and this many milliseconds have to pass.
  [[nodiscard]] std::int64_t take(const FloodRule& rule, double cost, std::int64_t now_ms) {
    if (filled_ms_ != 0) {
      const double gained = static_cast<double>(now_ms - filled_ms_) * rule.per_s / 1000.0;
      tokens_ = std::min(rule.burst, tokens_ + std::max(0.0, gained));
    }
    filled_ms_ = now_ms;
    // A request dearer than the whole bucket passes when the bucket is full.
    const double needed = std::min(cost, rule.burst);
    if (tokens_ >= needed) {
      tokens_ -= cost;
      return 0;
    }
    return 1 + static_cast<std::int64_t>((needed - tokens_) * 1000.0 / rule.per_s);
  }

  // Nobody has taken anything for long enough that a new bucket would be the same.
  [[nodiscard]] bool full(const FloodRule& rule, std::int64_t now_ms) const {
    return tokens_ + static_cast<double>(now_ms - filled_ms_) * rule.per_s / 1000.0 >= rule.burst;
  }

 private:
  double tokens_;
  std::int64_t filled_ms_ = 0;
};

}  // namespace conclave::doors::native
