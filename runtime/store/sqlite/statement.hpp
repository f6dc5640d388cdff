#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/ids.hpp"

struct sqlite3_stmt;

namespace conclave::store::sqlite {

// A prepared statement of one Database; must die before it. Not thread-safe: it belongs to the
// thread of its connection. Parameters and columns count from 1 and 0, as in SQLite.
//
// Bound texts and blobs are not copied: they must live until reset() (run() and rows() reset
// themselves before they return).
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Binds all parameters in order.
  template <class... Values>
  void bind(const Values&... values) {
    int index = 0;
    (bind_at(++index, values), ...);
  }
  template <std::integral Number>
  void bind_at(int index, Number value) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  template <class Tag>
  void bind_at(int index, base::Id<Tag> id) {
    bind_integer(index, static_cast<std::int64_t>(id.value));
  }
  void bind_at(int index, ByteView blob);  // empty: a blob of no bytes, not NULL
  void bind_at(int index, const Bytes& blob) { bind_at(index, ByteView(blob)); }
  void bind_at(int index, std::string_view text);
  void bind_at(int index, std::nullptr_t);

  // True: a row is there. False: done.
  [[nodiscard]] Result<bool> step();
  void reset();

  // Binds, runs to the end, resets. For statements without rows of interest.
  template <class... Values>
  [[nodiscard]] Result<> run(const Values&... values) {
    bind(values...);
    return run_bound();
  }
  // Calls `each()` for each row, upon which the columns may be read; resets.
  template <class Each>
  [[nodiscard]] Result<> rows(Each each) {
    for (;;) {
      auto row = step();
      if (!row || !*row) {
        reset();
        if (!row) return std::unexpected(std::move(row).error());
        return {};
      }
      each();
    }
  }

  // Columns of the current row. Views are valid until the next step() or reset().
  [[nodiscard]] std::int64_t i64(int column) const;
  [[nodiscard]] std::uint64_t u64(int column) const {
    return static_cast<std::uint64_t>(i64(column));
  }
  [[nodiscard]] std::uint32_t u32(int column) const {
    return static_cast<std::uint32_t>(i64(column));
  }
  [[nodiscard]] std::uint8_t u8(int column) const { return static_cast<std::uint8_t>(i64(column)); }
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] ByteView blob(int column) const;
  [[nodiscard]] Bytes bytes(int column) const {
    const ByteView view = blob(column);
    return {view.begin(), view.end()};
  }
  [[nodiscard]] std::string_view text(int column) const;

 private:
  void bind_integer(int index, std::int64_t value);
  Result<> run_bound();

  sqlite3_stmt* handle_ = nullptr;  // owned
};

}  // namespace conclave::store::sqlite
