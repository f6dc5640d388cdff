#pragma once

#include "runtime/base/error.hpp"
#include "runtime/config/state_paths.hpp"

namespace conclave::hsm::keyd {

// SoftHSM rewrites token.object, which holds the token's master key, at each login: it cuts the
// file to nothing, writes it anew and never syncs it. A process killed in between, or a power cut,
// leaves an empty file, and with it every key is lost for good. So a copy is kept beside the token
// (as secret as the original: both are encrypted with the PIN), and put back when the original is
// torn. For other modules there is nothing to do.
//
// Call it before the module is loaded and after `init`; nobody else may use the token then.
[[nodiscard]] Result<void> keep_token_files(const config::StatePaths& paths);

}  // namespace conclave::hsm::keyd
