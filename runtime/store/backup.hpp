#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/base/clock.hpp"
#include "runtime/store/content_store.hpp"
#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

// Copies the database while it is in use: one snapshot, compacted, on a thread and a connection of
// its own that only reads. One at a time. The write-ahead log cannot shrink while it runs.
class Backup {
 public:
  Backup(std::filesystem::path source, const base::Clock& clock);
  ~Backup();  // stop()
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  // Any thread. Answered on the backup's thread, or at once with kBackupRunning or kShuttingDown.
  void start(std::filesystem::path file, Callback<BackupReport> done);
  // Interrupts a copy under way, which answers kShuttingDown and leaves no file. Blocks.
  void stop();

 private:
  Result<BackupReport> make(const std::filesystem::path& file);
  Result<> copy(const std::filesystem::path& file);

  const std::filesystem::path source_;
  const base::Clock* clock_;
  std::mutex mutex_;
  bool stopping_ = false;
  bool running_ = false;
  sqlite::Database* copying_ = nullptr;  // while a copy can be interrupted
  std::thread thread_;
};

}  // namespace conclave::store
