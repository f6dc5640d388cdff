#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/async/blocking_pool.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/bytes.hpp"

namespace conclave::doors::http {

// A backup and the note beside it ("<file>.json"), which says what it is and what its digest must
// be.
struct BackupNote {
  std::string file;  // name within the backup folder
  std::string kind;  // "content" or "keyring"
  std::string sha256;
  std::uint64_t bytes = 0;
  std::int64_t created_ms = 0;
};

// "content-20261120T141500Z.db"
[[nodiscard]] std::string backup_name(std::string_view kind, std::int64_t utc_ms);

// These run on `pool`. A file that exists already is never written over.
[[nodiscard]] Task<Result<void>> write_private_file(async::BlockingPool& pool,
                                                    std::filesystem::path file, Bytes content);
[[nodiscard]] Task<Result<void>> write_note(async::BlockingPool& pool, std::filesystem::path dir,
                                            BackupNote note);
// By creation, newest first; files that are not notes are passed over.
[[nodiscard]] Task<Result<std::vector<BackupNote>>> read_notes(async::BlockingPool& pool,
                                                               std::filesystem::path dir);

}  // namespace conclave::doors::http
