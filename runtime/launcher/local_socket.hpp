#pragma once

#include <filesystem>

#include "runtime/base/error.hpp"
#include "runtime/launcher/descriptor.hpp"

namespace conclave::launcher {

// A listening Unix stream socket at `path`, mode 0600; a left over one is replaced. It stays with
// the launcher, so that clients queue while the process behind it starts again.
[[nodiscard]] Result<Descriptor> listen_locally(const std::filesystem::path& path);

}  // namespace conclave::launcher
