#pragma once

#include <chrono>
#include <optional>

namespace conclave::launcher {

// "Configuration or PIN refused: do not retry" (sysexits.h: EX_CONFIG).
inline constexpr int kExitConfiguration = 78;

struct Backoff {
  std::chrono::milliseconds first{0};   // after one death
  std::chrono::milliseconds step{100};  // after the second in a row; doubles from there
  std::chrono::milliseconds most{5'000};
  std::chrono::milliseconds healthy{60'000};  // a life that long forgives what was before
};

// When to start a process again. Pure: no clock of its own.
class RestartPolicy {
 public:
  explicit RestartPolicy(Backoff backoff) : backoff_(backoff) {}

  // The pause before the next start, or none: the process says that trying again is of no use.
  // `exit_code` is empty when a signal ended it.
  [[nodiscard]] std::optional<std::chrono::milliseconds> after_exit(
      std::optional<int> exit_code, std::chrono::milliseconds lived);

 private:
  Backoff backoff_;
  unsigned deaths_ = 0;  // in a row
};

}  // namespace conclave::launcher
