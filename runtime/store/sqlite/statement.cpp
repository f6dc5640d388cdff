#include "runtime/store/sqlite/statement.hpp"

#include <sqlite3.h>

#include "runtime/base/assert.hpp"
#include "runtime/store/sqlite/failure.hpp"

namespace conclave::store::sqlite {

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Statement::~Statement() {
  // The result repeats the last step's error, which step() has returned.
  sqlite3_finalize(handle_);
}

void Statement::bind_integer(int index, std::int64_t value) {
  CONCLAVE_ASSERT(sqlite3_bind_int64(handle_, index, value) == SQLITE_OK);
}

void Statement::bind_at(int index, ByteView blob) {
  // A null pointer would bind NULL.
  static constexpr std::uint8_t kNothing = 0;
  const void* data = blob.empty() ? &kNothing : blob.data();
  CONCLAVE_ASSERT(sqlite3_bind_blob64(handle_, index, data, blob.size(), SQLITE_STATIC) ==
                  SQLITE_OK);
}

void Statement::bind_at(int index, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();
  CONCLAVE_ASSERT(sqlite3_bind_text64(handle_, index, data, text.size(), SQLITE_STATIC,
                                      SQLITE_UTF8) == SQLITE_OK);
}

void Statement::bind_at(int index, std::nullptr_t) {
  CONCLAVE_ASSERT(sqlite3_bind_null(handle_, index) == SQLITE_OK);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(failure(sqlite3_db_handle(handle_), code));
}

void Statement::reset() {
  // The result repeats the last step's error, which step() has returned.
  sqlite3_reset(handle_);
}

Result<> Statement::run_bound() {
  auto row = step();
  while (row && *row) row = step();
  reset();
  if (!row) return std::unexpected(std::move(row).error());
  return {};
}

std::int64_t Statement::i64(int column) const {
  return sqlite3_column_int64(handle_, column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

ByteView Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

}  // namespace conclave::store::sqlite
