#pragma once

#include "runtime/store/rows.hpp"
#include "runtime/store/sqlite/database.hpp"
#include "runtime/store/tail.hpp"

namespace conclave::store {

// Reads the directory: all rows of the snapshot, with the heads and rings of the journal on top. On
// the writer's thread, between two transactions.
[[nodiscard]] Result<Snapshot> read_snapshot(sqlite::Database& database, const Tail& tail);

}  // namespace conclave::store
