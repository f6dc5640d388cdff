#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.hpp"

namespace conclave::launcher {

// One child process. It gets SIGKILL when the launcher dies, inherits standard streams and exactly
// the descriptors in `keep`, and starts with default signal handling.
class Child {
 public:
  struct Command {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::vector<int> keep;
  };

  [[nodiscard]] Result<void> start(const Command& command);
  [[nodiscard]] bool running() const { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Reaped: what waitpid said. The child is not running any more.
  void ended(int status);
  [[nodiscard]] std::chrono::milliseconds lived() const;
  // Of the last life; empty when a signal ended it.
  [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }
  [[nodiscard]] int signal_number() const { return signal_number_; }

 private:
  pid_t pid_ = -1;
  std::chrono::steady_clock::time_point started_;
  std::chrono::milliseconds lived_{0};
  std::optional<int> exit_code_;
  int signal_number_ = 0;
};

}  // namespace conclave::launcher
