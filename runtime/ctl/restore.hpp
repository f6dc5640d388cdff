#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/error.hpp"

namespace conclave::ctl {

class Shell;

// Checks a backup against the note beside it ("<file>.json") and, for content, as a database.
[[nodiscard]] Result<void> verify_backup_file(Shell& shell, const std::filesystem::path& file);

struct RestoreRequest {
  std::filesystem::path config;
  std::string kind;  // "content" or "keyring"
  std::filesystem::path file;
  std::string sha256;  // empty: the note beside the file says it
};
// Puts a backup in place of what is there, which is kept beside it. Refuses while a server or keyd
// uses the state folder.
[[nodiscard]] Result<void> restore(Shell& shell, const RestoreRequest& request);

}  // namespace conclave::ctl
