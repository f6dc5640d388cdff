#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

// "CVCD" in the file's header: a database that is not ours is refused, whoever made it.
inline constexpr std::int64_t kApplicationId = 0x43564344;
inline constexpr std::string_view kDatabaseName = "content.db";

// The newest schema that this release knows; PRAGMA user_version of the file.
[[nodiscard]] std::uint32_t newest_schema();

// Creates the tables in an empty file, or brings an older schema up to date, one numbered migration
// a transaction. kStoreBroken for a foreign or damaged file, kStoreTooNew for a newer schema.
[[nodiscard]] Result<> prepare_schema(sqlite::Database& database, const base::Clock& clock);

// The checks of prepare_schema that need no writing; the file must not be empty. Returns its
// schema.
[[nodiscard]] Result<std::uint32_t> check_schema(sqlite::Database& database);

[[nodiscard]] Result<std::uint32_t> read_epoch(sqlite::Database& database);
// An epoch above `old_epoch` that no restore of any copy of this store has used before: it grows
// with the clock (seconds since 2026), so two restores of one backup differ.
[[nodiscard]] std::uint32_t next_epoch(std::uint32_t old_epoch, const base::Clock& clock);
[[nodiscard]] Result<> write_epoch(sqlite::Database& database, std::uint32_t epoch);

// The store's error for each of the wrapper's, whose reasons no client knows; others
// (kStoreTooNew, …) pass unchanged.
[[nodiscard]] Error store_error(const Error& error);

}  // namespace conclave::store
