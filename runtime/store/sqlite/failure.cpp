#include "runtime/store/sqlite/failure.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <sqlite3.h>

#include "runtime/store/sqlite/errors.hpp"

namespace conclave::store::sqlite {
namespace {

// SQLite maps only ENOSPC to SQLITE_FULL; quota, file size limit and a remount arrive as
// IOERR_WRITE.
bool is_lack_of_space(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG ||
         system_error == EROFS;
}

// errno of the file that failed. sqlite3_system_errno() is not set when COMMIT fails, so the log
// and then the database file are asked.
int last_errno(sqlite3* connection) {
  int value = 0;
  sqlite3_file* log = nullptr;
  if (sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
      log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &value);
  }
  if (value == 0) sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &value);
  return value != 0 ? value : sqlite3_system_errno(connection);
}

const ErrorSpec& io_spec(int code, int system_error) {
  switch (code) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return kDatabaseUncertain;
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_DATA:
      return kDatabaseDamaged;
    case SQLITE_IOERR_SHMSIZE:
      return kDatabaseFull;
    default:
      return is_lack_of_space(system_error) ? kDatabaseFull : kDatabaseFailed;
  }
}

const ErrorSpec& spec_of(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_READONLY:
      return kDatabaseFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return kDatabaseBusy;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return kDatabaseConstraint;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return kDatabaseDamaged;
    case SQLITE_IOERR:
      return io_spec(code, system_error);
    case SQLITE_CANTOPEN:
      return is_lack_of_space(system_error) ? kDatabaseFull : kDatabaseFailed;
    default:
      return kDatabaseFailed;
  }
}

}  // namespace

Error failure(sqlite3* connection, int code) {
  const int system_error = connection != nullptr ? last_errno(connection) : 0;
  std::string detail = "sqlite " + std::to_string(code) + ": ";
  detail += connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  if ((code & 0xff) == SQLITE_IOERR && system_error != 0) {
    detail += std::string(" (") + std::strerror(system_error) + ")";
  }
  return Error(spec_of(code, system_error), std::move(detail));
}

}  // namespace conclave::store::sqlite
