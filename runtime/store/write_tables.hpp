#pragma once

#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/store/block_table.hpp"
#include "runtime/store/drain.hpp"
#include "runtime/store/journal.hpp"
#include "runtime/store/removal.hpp"
#include "runtime/store/row_table.hpp"

namespace conclave::store {

// All that the writer's connection can do to the tables. Belongs to the writer's thread.
class WriteTables {
 public:
  [[nodiscard]] static Result<WriteTables> prepare(sqlite::Database& database,
                                                   PublishedTail& published,
                                                   const base::Clock& clock);

  // Applies the writes in order, inside the caller's SQL transaction. `batches` are the journal
  // commits among them, in order, which may have been moved out of the writes.
  [[nodiscard]] Result<> apply(const Transaction& writes, const std::vector<BatchPtr>& batches);
  [[nodiscard]] Result<> drain(std::size_t entries);

  void publish() { journal_.publish(); }
  void discard() { journal_.discard(); }
  [[nodiscard]] const Tail& tail() const { return journal_.tail(); }

 private:
  WriteTables(Journal journal, BlockTable blocks, Drain drain, RowTable rows, Removal removal);

  Result<> append(const BatchPtr& batch);
  Result<> drain_all();
  template <class Row>
  Result<> apply_one(const Row& write);
  Result<> apply_one(const RewriteSegments& write);
  Result<> apply_one(const DeleteRecord& write);
  Result<> apply_one(const DeleteRoom& write);
  Result<> apply_one(const DeleteTenant& write);
  Result<> apply_one(const ExpireTombstones& write);

  Journal journal_;
  BlockTable blocks_;
  Drain drain_;
  RowTable rows_;
  Removal removal_;
};

}  // namespace conclave::store
