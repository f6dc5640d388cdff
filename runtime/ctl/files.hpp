#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/error.hpp"
#include "runtime/base/secret.hpp"

namespace conclave::ctl {

// At most 64 MiB unless told otherwise.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file,
                                            std::size_t limit = 64 * 1024 * 1024);
// Mode 0600, in one step: a reader sees the old file or the new one.
[[nodiscard]] Result<void> replace_private(const std::filesystem::path& file,
                                           const std::string& content);
// The first line of `file`; with no file, asks on the terminal without echo (twice when `confirm`).
[[nodiscard]] Result<base::Secret> read_password(const std::filesystem::path& file, bool confirm);

// A second factor's code, typed on the terminal; kUsage without one.
[[nodiscard]] Result<std::string> read_code();

}  // namespace conclave::ctl
