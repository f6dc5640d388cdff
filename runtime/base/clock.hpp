#pragma once

#include <cstdint>

namespace conclave::base {

// Time is injected, so that tests can turn it. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // UTC, milliseconds since 1970; may jump. For what people read, never for order or deadlines.
  [[nodiscard]] virtual std::int64_t utc_ms() const = 0;
  // Milliseconds from an arbitrary start; never goes back. For deadlines, ages and rates.
  [[nodiscard]] virtual std::int64_t monotonic_ms() const = 0;
};

// The machine's clocks; lives as long as the process.
[[nodiscard]] const Clock& system_clock();

}  // namespace conclave::base
