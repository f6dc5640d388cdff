#pragma once

#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"
#include "runtime/confine/confine.hpp"

namespace conclave::server {

// Shuts conclaved out of the token folder, the keyring and everything else that it has no business
// with. Before the first thread starts; for good.
[[nodiscard]] Result<confine::ConfineReport> confine_server(const config::Config& config,
                                                            const config::StatePaths& paths);

}  // namespace conclave::server
