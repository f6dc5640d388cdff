#pragma once

#include <cstdint>

#include "runtime/base/random.hpp"

namespace conclave::client {

// When to try again: doubles up to a bound; half of each wait is left to chance, so that a thousand
// clients that lost their server do not come back in the same instant.
class Backoff {
 public:
  Backoff(std::int64_t first_ms, std::int64_t max_ms, base::Random& random)
      : first_ms_(first_ms), max_ms_(max_ms), random_(random) {}

  // Between half and all of the current step; the next step is twice as long.
  [[nodiscard]] std::int64_t next_ms();
  void reset() { failures_ = 0; }

 private:
  std::int64_t first_ms_;
  std::int64_t max_ms_;
  base::Random& random_;
  unsigned failures_ = 0;
};

}  // namespace conclave::client
