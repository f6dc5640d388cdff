#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/base/clock.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/store/content_store.hpp"

namespace conclave::store {

struct SqliteStoreOptions {
  std::filesystem::path folder;          // STATE/content; created 0700 when missing
  unsigned readers = 2;                  // threads, each with a connection and a queue of its own
  std::size_t read_queue_limit = 1'024;  // waiting reads a reader; one more answers kStoreBusy
  observe::Metrics* metrics = nullptr;   // must outlive the store; none: not measured
  const base::Clock* clock = &base::system_clock();

  // The journal is drained into blocks when the writer is idle and one soft limit is passed, and
  // between commits when one hard limit is passed (data contract: 20,000 entries, 5 minutes).
  std::size_t soft_entries = 4'096;
  std::chrono::milliseconds soft_age{60'000};
  std::size_t hard_entries = 20'000;
  std::chrono::milliseconds hard_age{300'000};
  // Overwritten ciphertext leaves the write-ahead log at least this often.
  std::chrono::milliseconds log_truncation{3'600'000};
  // How often a full or read-only disk is tried again.
  std::chrono::milliseconds probe_interval{1'000};
};

// Opens or creates the embedded store: FOLDER/content.db, write-ahead log beside it, and a lock
// that refuses a second server (kStoreInUse). Blocks while it migrates and reads the journal.
// Errors: kStoreInUse, kStoreTooNew, kStoreBroken, kStoreReadOnly.
[[nodiscard]] Result<std::unique_ptr<ContentStore>> open_sqlite_store(SqliteStoreOptions options);

struct RestoreReport {
  std::uint32_t schema = 0;
  std::uint32_t epoch = 0;  // the new one: every cursor that clients hold is void
  std::uint64_t bytes = 0;
  // Where the database that was there before now lies; empty when there was none.
  std::filesystem::path replaced;
};

// Verifies a backup (digest when given, ownership, schema, integrity check), copies it into
// `folder` as content.db and raises the epoch. No server may use the folder (kStoreInUse). A
// database that is there already is kept beside it under another name. All or nothing; blocks.
[[nodiscard]] Result<RestoreReport> restore_backup(const std::filesystem::path& file,
                                                   const std::filesystem::path& folder,
                                                   const std::string& sha256_hex = {});

// The checks of restore_backup without the copy.
[[nodiscard]] Result<BackupReport> verify_backup(const std::filesystem::path& file,
                                                 const std::string& sha256_hex = {});

}  // namespace conclave::store
