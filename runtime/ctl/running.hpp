#pragma once

#include <filesystem>
#include <optional>

#include "runtime/config/state_paths.hpp"

namespace conclave::ctl {

// True when something answers on the Unix socket.
[[nodiscard]] bool answers(const std::filesystem::path& socket);
// The launcher's process, when its pid file names one that lives.
[[nodiscard]] std::optional<int> launcher_pid(const config::StatePaths& paths);
// A launcher lives or keyd answers: the state folder is in use.
[[nodiscard]] bool server_runs(const config::StatePaths& paths);

}  // namespace conclave::ctl
