#include <algorithm>
#include <array>
#include <string>

#include "runtime/base/encoding.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/store/durable_file.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/schema.hpp"
#include "runtime/store/sqlite_content_store.hpp"
#include "runtime/store/state_lock.hpp"

namespace conclave::store {
namespace {

namespace fs = std::filesystem;

struct Inspected {
  std::uint32_t schema = 0;
  std::uint32_t epoch = 0;
};

Error invalid(const fs::path& file, const Error& error) {
  if (error.is(kStoreTooNew)) return error;
  return Error(kBackupInvalid, file.string() + ": " + error.text());
}

Result<Inspected> inspect(const fs::path& file) {
  auto database = sqlite::Database::open(file, sqlite::Access::read);
  if (!database) return std::unexpected(std::move(database).error());
  auto schema = check_schema(*database);
  if (!schema) return std::unexpected(std::move(schema).error());
  CONCLAVE_TRY(database->check_integrity());
  auto epoch = read_epoch(*database);
  if (!epoch) return std::unexpected(std::move(epoch).error());
  return Inspected{*schema, *epoch};
}

Result<> raise_epoch(const fs::path& file, std::uint32_t epoch) {
  auto database = sqlite::Database::open(file, sqlite::Access::write);
  if (!database) return std::unexpected(std::move(database).error());
  CONCLAVE_TRY(write_epoch(*database, epoch));
  return database->truncate_log();
}

// A database that cannot be opened any more has no epoch to exceed; the clock then does.
std::uint32_t epoch_of_old(const fs::path& file) {
  std::error_code missing;
  if (!fs::exists(file, missing)) return 0;
  auto database = sqlite::Database::open(file, sqlite::Access::write);
  if (!database) return 0;
  auto epoch = read_epoch(*database);
  return epoch ? *epoch : 0;
}

constexpr std::array kLogSuffixes{"-wal", "-shm"};

// SQLite would apply a log that lies beside a file to it, whichever file it was written for.
void remove_with_log(const fs::path& file) {
  std::error_code ignored;
  for (const char* suffix : kLogSuffixes) fs::remove(file.string() + suffix, ignored);
  fs::remove(file, ignored);
}

// Gives the old database a second name, which tells when; the first stays until the new one takes
// it over, so that there is a database at any time. Only one that could not be opened still has a
// log.
Result<fs::path> keep_old(const fs::path& file, const base::Clock& clock) {
  std::error_code error;
  const fs::path kept = file.string() + ".before-restore-" + std::to_string(clock.utc_ms());
  const bool is_there = fs::exists(file, error);
  if (is_there) {
    fs::create_hard_link(file, kept, error);
    if (error) CONCLAVE_TRY(copy_to_new_file(file, kept));
    CONCLAVE_TRY(make_durable(kept));
  }
  for (const char* suffix : kLogSuffixes) {
    if (!fs::exists(file.string() + suffix, error)) continue;
    fs::rename(file.string() + suffix, kept.string() + suffix, error);
    if (error) return fail(kBackupTarget, kept.string() + suffix + ": " + error.message());
  }
  return is_there ? kept : fs::path();
}

}  // namespace

Result<BackupReport> verify_backup(const fs::path& file, const std::string& sha256_hex) {
  auto digest = file_digest(file);
  if (!digest) return std::unexpected(std::move(digest).error());
  if (!sha256_hex.empty() && *digest != sha256_hex) {
    return fail(kBackupInvalid, file.string() + ": digest is " + *digest);
  }
  if (const auto inspected = inspect(file); !inspected) {
    return std::unexpected(invalid(file, inspected.error()));
  }
  std::error_code error;
  BackupReport report;
  report.bytes = fs::file_size(file, error);
  report.sha256_hex = *digest;
  report.finished_ms = base::system_clock().utc_ms();
  return report;
}

Result<RestoreReport> restore_backup(const fs::path& file, const fs::path& folder,
                                     const std::string& sha256_hex) {
  auto verified = verify_backup(file, sha256_hex);
  if (!verified) return std::unexpected(std::move(verified).error());
  auto lock = StateLock::take(folder);
  if (!lock) return std::unexpected(std::move(lock).error());

  const base::Clock& clock = base::system_clock();
  const fs::path target = folder / kDatabaseName;
  const fs::path arriving = folder / "content.db.arriving";
  std::error_code error;
  remove_with_log(arriving);  // of a restore that was killed
  CONCLAVE_TRY(copy_to_new_file(file, arriving));
  // What lies in the folder now is what was verified, whatever happened to the source meanwhile.
  CONCLAVE_TRY(verify_backup(arriving, verified->sha256_hex));
  auto inspected = inspect(arriving);
  if (!inspected) return std::unexpected(invalid(arriving, inspected.error()));

  RestoreReport report;
  report.schema = inspected->schema;
  report.bytes = verified->bytes;
  report.epoch = next_epoch(std::max(inspected->epoch, epoch_of_old(target)), clock);
  if (const auto raised = raise_epoch(arriving, report.epoch); !raised) {
    return fail(kBackupTarget, raised.error().text());
  }
  CONCLAVE_TRY(make_durable(arriving));
  auto replaced = keep_old(target, clock);
  if (!replaced) return std::unexpected(std::move(replaced).error());
  report.replaced = *replaced;
  fs::rename(arriving, target, error);
  if (error) return fail(kBackupTarget, target.string() + ": " + error.message());
  CONCLAVE_TRY(make_durable(target));
  observe::info("store.restored", {{"epoch", report.epoch}, {"bytes", report.bytes}});
  return report;
}

}  // namespace conclave::store
