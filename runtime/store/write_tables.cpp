#include "runtime/store/write_tables.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "runtime/base/assert.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/rewrite.hpp"

namespace conclave::store {

WriteTables::WriteTables(Journal journal, BlockTable blocks, Drain drain, RowTable rows,
                         Removal removal)
    : journal_(std::move(journal)),
      blocks_(std::move(blocks)),
      drain_(std::move(drain)),
      rows_(std::move(rows)),
      removal_(std::move(removal)) {}

Result<WriteTables> WriteTables::prepare(sqlite::Database& database, PublishedTail& published,
                                         const base::Clock& clock) {
  auto journal = Journal::load(database, published);
  if (!journal) return std::unexpected(std::move(journal).error());
  auto blocks = BlockTable::prepare(database);
  if (!blocks) return std::unexpected(std::move(blocks).error());
  auto drain = Drain::prepare(database);
  if (!drain) return std::unexpected(std::move(drain).error());
  auto rows = RowTable::prepare(database, clock);
  if (!rows) return std::unexpected(std::move(rows).error());
  auto removal = Removal::prepare(database);
  if (!removal) return std::unexpected(std::move(removal).error());
  return WriteTables(std::move(*journal), std::move(*blocks), std::move(*drain), std::move(*rows),
                     std::move(*removal));
}

Result<> WriteTables::apply(const Transaction& writes, const std::vector<BatchPtr>& batches) {
  std::size_t next_batch = 0;
  for (const auto& write : writes) {
    if (std::holds_alternative<JournalCommit>(write)) {
      CONCLAVE_ASSERT(next_batch < batches.size());
      CONCLAVE_TRY(append(batches[next_batch++]));
      continue;
    }
    CONCLAVE_TRY(std::visit([this](const auto& row) { return apply_one(row); }, write));
  }
  return {};
}

Result<> WriteTables::drain(std::size_t entries) {
  return drain_.run(journal_, blocks_, entries);
}

Result<> WriteTables::drain_all() {
  return drain(std::numeric_limits<std::size_t>::max());
}

Result<> WriteTables::append(const BatchPtr& batch) {
  for (const auto& piece : batch->pieces) {
    auto last = journal_.tail().last_seq(piece.room);
    if (!last) {
      auto stored = blocks_.last_seq(piece.room);
      if (!stored) return std::unexpected(std::move(stored).error());
      last = *stored;
    }
    if (last && piece.first_seq != *last + 1) {
      return fail(kCommitRejected, to_text(piece.room.room) + " seq " +
                                       std::to_string(piece.first_seq) + " after " +
                                       std::to_string(*last));
    }
  }
  return journal_.append(batch);
}

template <class Row>
Result<> WriteTables::apply_one(const Row& write) {
  if constexpr (std::is_same_v<Row, JournalCommit>) {
    std::unreachable();  // apply() takes these
  } else {
    return rows_.apply(write);
  }
}

Result<> WriteTables::apply_one(const RewriteSegments& write) {
  return rewrite_segments(write, journal_, blocks_, drain_);
}

Result<> WriteTables::apply_one(const DeleteRecord& write) {
  // Otherwise a later drain would bring the removed device's ring back.
  const auto of_device = [&](const RingEntry& entry) {
    return entry.tenant == write.tenant && entry.device.value == write.id;
  };
  const auto in_batch = [&](const auto& item) {
    return std::ranges::any_of(item.second->commit.ring, of_device);
  };
  if (write.kind == RecordKind::device &&
      std::ranges::any_of(journal_.tail().batches(), in_batch)) {
    CONCLAVE_TRY(drain_all());
  }
  return rows_.apply(write);
}

Result<> WriteTables::apply_one(const DeleteRoom& write) {
  CONCLAVE_TRY(drain_all());
  return removal_.apply(write);
}

Result<> WriteTables::apply_one(const DeleteTenant& write) {
  CONCLAVE_TRY(drain_all());
  return removal_.apply(write);
}

Result<> WriteTables::apply_one(const ExpireTombstones& write) {
  return removal_.apply(write);
}

}  // namespace conclave::store
