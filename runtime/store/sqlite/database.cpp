#include "runtime/store/sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/base/assert.hpp"
#include "runtime/store/sqlite/errors.hpp"
#include "runtime/store/sqlite/failure.hpp"

namespace conclave::store::sqlite {
namespace {

// The folder is locked and each file has one writer, so only start and end of another connection,
// or an operator's own shell, can be in the way.
constexpr int kBusyTimeout_ms = 1'000;
constexpr int kTruncateTimeout_ms = 50;

Result<> create_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    const int reason = errno;
    const bool space = reason == ENOSPC || reason == EDQUOT || reason == EROFS;
    return fail(space ? kDatabaseFull : kDatabaseFailed,
                file.string() + ": " + std::strerror(reason));
  }
  ::close(descriptor);
  return {};
}

int note_log_pages(void* target, sqlite3* /*connection*/, const char* /*schema*/, int pages) {
  *static_cast<int*>(target) = pages;
  return SQLITE_OK;
}

}  // namespace

Result<Database> Database::open(const std::filesystem::path& file, Access access) {
  if (access == Access::write) CONCLAVE_TRY(create_private(file));
  const int flags = (access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  Database database(handle);  // also a failed open has to be closed
  if (code != SQLITE_OK) return std::unexpected(failure(handle, code));
  CONCLAVE_TRY(database.configure(access));
  return database;
}

Result<> Database::configure(Access access) {
  sqlite3_busy_timeout(handle_, kBusyTimeout_ms);
  CONCLAVE_TRY(
      execute("PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;"
              "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; PRAGMA cell_size_check=ON;"));
  if (access == Access::read) return execute("PRAGMA query_only=ON;");
  CONCLAVE_TRY(
      execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"));
  log_pages_ = std::make_unique<int>(0);
  sqlite3_wal_hook(handle_, note_log_pages, log_pages_.get());  // in the place of autocheckpoint's
  return {};
}

Database& Database::operator=(Database&& other) noexcept {
  if (this != &other) {
    close();
    handle_ = std::exchange(other.handle_, nullptr);
    log_pages_ = std::move(other.log_pages_);
  }
  return *this;
}

Database::~Database() {
  close();
}

void Database::close() {
  if (handle_ == nullptr) return;
  const int code = sqlite3_close(std::exchange(handle_, nullptr));
  CONCLAVE_ASSERT(code == SQLITE_OK);  // a statement outlived its connection
}

Result<> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(handle_, code));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(handle_, code));
  return Statement(statement);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  auto row = statement->step();
  if (!row) return std::unexpected(std::move(row).error());
  return *row ? statement->i64(0) : 0;
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

Result<> Database::run_checkpoint(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(handle_, "main", mode, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(handle_, code));
  return {};
}

Result<> Database::checkpoint() {
  auto outcome = run_checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  // A reader in the way is no failure: the rest is moved the next time.
  if (!outcome && outcome.error().is(kDatabaseBusy)) return {};
  return outcome;
}

Result<> Database::truncate_log() {
  sqlite3_busy_timeout(handle_, kTruncateTimeout_ms);
  auto outcome = run_checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
  sqlite3_busy_timeout(handle_, kBusyTimeout_ms);
  if (outcome && log_pages_) *log_pages_ = 0;
  return outcome;
}

void Database::interrupt() {
  sqlite3_interrupt(handle_);
}

Result<> Database::check_integrity() {
  auto statement = prepare("PRAGMA integrity_check(1)");
  if (!statement) return std::unexpected(std::move(statement).error());
  auto row = statement->step();
  if (!row) return std::unexpected(std::move(row).error());
  if (!*row || statement->text(0) != "ok") {
    return fail(kDatabaseDamaged,
                *row ? std::string(statement->text(0)) : "integrity check is silent");
  }
  return {};
}

Result<> Database::copy_into(const std::filesystem::path& file) {
  CONCLAVE_TRY(create_private(file));
  // VACUUM writes into the attached copy only, which query_only would forbid as well.
  CONCLAVE_TRY(execute("PRAGMA query_only=OFF;"));
  auto statement = prepare("VACUUM INTO ?");
  if (!statement) return std::unexpected(std::move(statement).error());
  return statement->run(std::string_view(file.native()));
}

Result<Transaction> Transaction::begin(Database& database) {
  CONCLAVE_TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Result<> Database::commit() {
  const int code = sqlite3_exec(handle_, "COMMIT", nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  Error error = failure(handle_, code);
  // Frames that could not be written carry no commit mark, so lack of space means "not committed".
  // Everything else may have come after the mark was made durable; growing the shared index does.
  const bool before_mark = code != SQLITE_IOERR_SHMSIZE;
  if (before_mark && (error.is(kDatabaseFull) || error.is(kDatabaseBusy))) {
    return std::unexpected(std::move(error));
  }
  return fail(kDatabaseUncertain, "commit: " + error.detail());
}

Result<> Transaction::commit() {
  CONCLAVE_ASSERT(database_ != nullptr);
  auto outcome = database_->commit();
  if (outcome) {
    database_ = nullptr;
  } else {
    rollback();
  }
  return outcome;
}

void Transaction::rollback() {
  if (database_ == nullptr) return;
  Database& database = *std::exchange(database_, nullptr);
  if (!database.in_transaction()) return;
  // A rollback in WAL mode only forgets pages in memory; whatever it says, the transaction is over.
  const auto outcome = database.execute("ROLLBACK");
  CONCLAVE_ASSERT(outcome.has_value() || !database.in_transaction());
}

}  // namespace conclave::store::sqlite
