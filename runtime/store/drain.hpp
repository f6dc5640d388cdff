#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "runtime/store/block_table.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/store/sqlite/database.hpp"

namespace conclave::store {

// Moves the oldest commits of the journal into room blocks, room rows and device rings, in one
// transaction of the caller's: after a crash either all of it has happened or nothing. Belongs to
// the writer's thread. Ciphertext is copied as it is.
class Drain {
 public:
  [[nodiscard]] static Result<Drain> prepare(sqlite::Database& database);

  // Whole commits, oldest first, until at least `entries` entries are moved or nothing is left.
  [[nodiscard]] Result<> run(Journal& journal, BlockTable& blocks, std::size_t entries);

 private:
  struct Slice;
  static Slice gather(const Tail& tail, std::size_t entries);
  Result<> put_heads(const Slice& slice);
  Result<> put_rings(Slice& slice);

  sqlite::Statement put_head_;
  sqlite::Statement put_position_;
  sqlite::Statement get_ring_;
  sqlite::Statement put_ring_;
};

inline constexpr std::size_t kRingEntries = 64;  // of one device (data contract, "Idempotency")

// Appends newer entries and keeps the newest kRingEntries.
void extend_ring(std::vector<RingEntry>& ring, const std::vector<RingEntry>& newer);

}  // namespace conclave::store
