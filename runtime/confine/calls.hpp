#pragma once

#include "runtime/confine/confine.hpp"

// Private to this folder.
namespace conclave::confine {

// The "calls" fence for all threads of the process.
[[nodiscard]] Result<Fence> apply_seccomp(const ConfineOptions& options);
[[nodiscard]] Fence probe_seccomp();

}  // namespace conclave::confine
