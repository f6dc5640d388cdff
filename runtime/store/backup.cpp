#include "runtime/store/backup.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/observe/log.hpp"
#include "runtime/store/durable_file.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/sqlite/errors.hpp"
#include "runtime/store/sqlite_content_store.hpp"

namespace conclave::store {

Backup::Backup(std::filesystem::path source, const base::Clock& clock)
    : source_(std::move(source)), clock_(&clock) {}

Backup::~Backup() {
  stop();
}

void Backup::start(std::filesystem::path file, Callback<BackupReport> done) {
  std::thread finished;
  const ErrorSpec* refusal = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refusal = &base::kShuttingDown;
    } else if (running_) {
      refusal = &kBackupRunning;
    } else {
      running_ = true;
      finished = std::exchange(
          thread_, std::thread([this, file = std::move(file), answer = std::move(done)]() mutable {
            ::pthread_setname_np(::pthread_self(), "store-backup");
            auto report = make(file);
            {
              const std::lock_guard inner(mutex_);
              running_ = false;
            }
            answer(std::move(report));
          }));
    }
  }
  if (refusal != nullptr) return done(fail(*refusal));
  if (finished.joinable()) finished.join();
}

void Backup::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (copying_ != nullptr) copying_->interrupt();
  }
  if (thread_.joinable()) thread_.join();
}

Result<BackupReport> Backup::make(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return fail(kBackupTarget, file.string() + " exists");
  auto report = [&]() -> Result<BackupReport> {
    CONCLAVE_TRY(copy(file));
    CONCLAVE_TRY(make_durable(file));
    return verify_backup(file);
  }();
  if (report) {
    report->finished_ms = clock_->utc_ms();
    observe::info("store.backup_made", {{"bytes", report->bytes}, {"sha256", report->sha256_hex}});
    return report;
  }
  std::filesystem::remove(file, error);
  const std::lock_guard lock(mutex_);
  if (stopping_) return fail(base::kShuttingDown);
  observe::error("store.backup_failed", {{"error", report.error()}});
  return report;
}

Result<> Backup::copy(const std::filesystem::path& file) {
  auto database = sqlite::Database::open(source_, sqlite::Access::read);
  if (!database) return fail(kBackupTarget, database.error().text());
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return fail(base::kShuttingDown);
    copying_ = &*database;
  }
  const auto outcome = database->copy_into(file);
  {
    const std::lock_guard lock(mutex_);
    copying_ = nullptr;
  }
  if (!outcome) return fail(kBackupTarget, outcome.error().text());
  return {};
}

}  // namespace conclave::store
