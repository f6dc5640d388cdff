#pragma once

#include "runtime/confine/confine.hpp"

// Private to this folder.
namespace conclave::confine {

// 0: not offered by this kernel.
[[nodiscard]] int landlock_abi();

// The "files" and "network" fences for the calling thread and its future threads.
[[nodiscard]] Result<std::vector<Fence>> apply_landlock(const ConfineOptions& options);
[[nodiscard]] std::vector<Fence> probe_landlock();

}  // namespace conclave::confine
