#pragma once

#include "runtime/base/error.hpp"
#include "runtime/config/state_paths.hpp"

namespace conclave::hsm::keyd {

// Makes this process the only conclave-keyd that serves the state folder, until it ends: two on one
// SoftHSM token spoil it for each other, and the second would take the sockets of the first. A
// predecessor that was killed may still be ending, so it waits two seconds; kKeydRunning then.
[[nodiscard]] Result<void> be_the_only_one(const config::StatePaths& paths);

}  // namespace conclave::hsm::keyd
