#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/error.hpp"

// Files outside the database: backups and what a restore puts in place.
namespace conclave::store {

// Contents and name are on disk afterwards. kBackupTarget.
[[nodiscard]] Result<> make_durable(const std::filesystem::path& file);
// Copies into a new file (0600), which must not exist. kBackupTarget, kBackupInvalid.
[[nodiscard]] Result<> copy_to_new_file(const std::filesystem::path& source,
                                        const std::filesystem::path& target);
// SHA-256 in hexadecimal. kBackupInvalid.
[[nodiscard]] Result<std::string> file_digest(const std::filesystem::path& file);

}  // namespace conclave::store
