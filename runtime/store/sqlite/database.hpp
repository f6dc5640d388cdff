#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/error.hpp"
#include "runtime/store/sqlite/statement.hpp"

struct sqlite3;

namespace conclave::store::sqlite {

enum class Access {
  write,  // created (0600) when missing
  read,   // never writes, never checkpoints; the writer must be open
};

// One connection to one database file. Belongs to one thread at a time. WAL, synchronous=FULL,
// secure_delete, no mmap, no automatic checkpoint: the one writer of a file also checkpoints it
// (SQLite before 3.51.3 can corrupt the file when one connection checkpoints while another resets
// the log: sqlite.org/wal.html#walresetbug).
class Database {
 public:
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file, Access access);

  Database() = default;
  Database(Database&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), log_pages_(std::move(other.log_pages_)) {}
  Database& operator=(Database&& other) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  [[nodiscard]] bool is_open() const { return handle_ != nullptr; }
  // All statements must be gone. The last writer's close checkpoints and removes the log.
  void close();

  // One or several statements without parameters.
  [[nodiscard]] Result<> execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  // A statement that gives one integer, such as "PRAGMA user_version".
  [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);

  // Rows that the last INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::int64_t changes() const;
  // SQLite rolls back by itself after some errors; then a ROLLBACK is neither needed nor possible.
  [[nodiscard]] bool in_transaction() const;

  // Pages in the write-ahead log after this connection's last commit.
  [[nodiscard]] int log_pages() const { return log_pages_ ? *log_pages_ : 0; }
  // Makes a statement that another thread runs on this connection stop with kDatabaseFailed. Any
  // thread, while the connection is open.
  void interrupt();

  // Moves as much of the log into the file as readers allow; waits for nobody.
  [[nodiscard]] Result<> checkpoint();
  // The same, then cuts the log to nothing, so that overwritten rows are on no disk block of ours.
  // Waits for readers up to 50 ms; kDatabaseBusy when they take longer.
  [[nodiscard]] Result<> truncate_log();
  // PRAGMA integrity_check; kDatabaseDamaged with the first finding.
  [[nodiscard]] Result<> check_integrity();
  // A consistent, compacted copy into `file`, which must be missing or empty.
  [[nodiscard]] Result<> copy_into(const std::filesystem::path& file);

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  friend class Transaction;
  Result<> configure(Access access);
  Result<> run_checkpoint(int mode);
  Result<> commit();

  sqlite3* handle_ = nullptr;       // owned
  std::unique_ptr<int> log_pages_;  // at a fixed place, for the hook that fills it in
};

// BEGIN IMMEDIATE … COMMIT; rolls back when destroyed before commit() succeeded.
class Transaction {
 public:
  [[nodiscard]] static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { rollback(); }

  // kDatabaseFull and kDatabaseBusy: not on disk, rolled back. kDatabaseUncertain: unknown; end the
  // process. No other error.
  [[nodiscard]] Result<> commit();
  void rollback();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace conclave::store::sqlite
