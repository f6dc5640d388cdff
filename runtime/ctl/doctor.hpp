#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"

namespace conclave::ctl {

class Shell;

enum class Health { good, warning, bad };

// One thing that was looked at.
struct Finding {
  std::string name;  // "token"
  Health health = Health::good;
  std::string found;  // what is
  std::string mend;   // what to do; empty when good
};
using Findings = std::vector<Finding>;

// Looks at an installation from the outside, also when the server is down: configuration, state
// folder, token and PIN, disk, clock, limits, fences, processes, ports, readiness. Exit status 1
// (kUnhealthy) when something is bad. Tells no secret: files of secrets are looked at, not into.
[[nodiscard]] Result<void> doctor(Shell& shell, const std::filesystem::path& config_file);

// The parts, each over the real machine.
[[nodiscard]] Findings check_rules(const config::Config& config);
[[nodiscard]] Findings check_state(const config::StatePaths& paths);
[[nodiscard]] Findings check_token(const config::Config& config, const config::StatePaths& paths);
[[nodiscard]] Findings check_machine(const config::Config& config, const config::StatePaths& paths);
[[nodiscard]] Findings check_location(const config::Config& config);
[[nodiscard]] Findings check_processes(const config::Config& config,
                                       const config::StatePaths& paths);

}  // namespace conclave::ctl
