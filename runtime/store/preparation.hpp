#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

// Prepares several statements and reports the first failure once, at the end.
class Preparation {
 public:
  explicit Preparation(sqlite::Database& database) : database_(database) {}

  sqlite::Statement operator()(std::string_view sql) {
    auto statement = database_.prepare(sql);
    if (statement) return std::move(*statement);
    if (outcome_) outcome_ = std::unexpected(std::move(statement).error());
    return {};
  }
  [[nodiscard]] const Result<>& outcome() const { return outcome_; }

 private:
  sqlite::Database& database_;
  Result<> outcome_;
};

}  // namespace conclave::store
