#include "runtime/store/writer.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/observe/log.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/schema.hpp"
#include "runtime/store/sqlite/errors.hpp"
#include "runtime/store/writer_instruments.hpp"

namespace conclave::store {
namespace {

constexpr std::size_t kGroupTransactions = 64;
constexpr std::size_t kGroupBytes = 1024 * 1024;

struct SizeOf {
  std::size_t operator()(const JournalCommit& write) const {
    std::size_t size = (write.heads.size() + write.ring.size()) * 48;
    for (const auto& segment : write.segments) size += segment.size();
    return size;
  }
  std::size_t operator()(const RewriteSegments& write) const {
    std::size_t size = 0;
    for (const auto& segment : write.segments) size += segment.size();
    return size;
  }
  std::size_t operator()(const auto&) const { return 256; }
};

// Checks and indexes the journal commits before a transaction is begun.
Result<> prepare_batches(Transaction& writes, std::vector<BatchPtr>& batches) {
  for (auto& write : writes) {
    auto* commit = std::get_if<JournalCommit>(&write);
    if (commit == nullptr) continue;
    auto batch = make_batch(std::move(*commit));
    if (!batch) return std::unexpected(std::move(batch).error());
    batches.push_back(std::move(*batch));
  }
  return {};
}

// Lack of space and damage; anything else may be the fault of one transaction.
bool concerns_all(const Error& error) {
  return error.is(kStoreReadOnly) || error.is(kStoreBroken);
}

}  // namespace

void Writer::end_process(const Error& error) {
  observe::error("store.uncertain", {{"error", error}, {"exit", kExitUncertain}});
  // Not exit(): nothing may be written any more, and the next start recovers from what is on disk.
  ::_exit(kExitUncertain);
}

Writer::Writer(const SqliteStoreOptions& options, sqlite::Database database, WriteTables tables)
    : options_(options),
      instruments_(options.metrics ? std::make_unique<Instruments>(*options.metrics) : nullptr),
      database_(std::move(database)),
      tables_(std::move(tables)),
      truncate_at_(Clock::now() + options.log_truncation) {
  note_tail();
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "store-writer");
    loop();
  });
}

Writer::~Writer() {
  stop();
}

void Writer::write(Transaction transaction, Callback<void> done) {
  Item item;
  for (const auto& write : transaction) item.bytes += std::visit(SizeOf{}, write);
  item.writes = std::move(transaction);
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      item.done = std::move(done);
      uncommitted_bytes_ += item.bytes;
      queue_.push_back(std::move(item));
    }
  }
  if (done) return done(fail(base::kShuttingDown));
  wake_.notify_one();
}

bool Writer::run(Job job) {
  Item item;
  item.job = std::move(job);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
  return true;
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::optional<Error> Writer::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

bool Writer::is_idle() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty();
}

void Writer::loop() {
  for (;;) {
    Group group = take_group();
    if (group.empty()) {
      const std::lock_guard lock(mutex_);
      if (stopping_ && queue_.empty()) break;
    } else if (group.front().job) {
      group.front().job(database_, tables_->tail());
    } else {
      commit_group(std::move(group));
    }
    maintain();
  }
  while (!refusal() && drain_slice()) {
  }
  tables_.reset();
  if (const auto cut = database_.truncate_log(); !cut) {
    observe::warn("store.log_kept", {{"error", cut.error()}});
  }
  database_.close();
}

Writer::Group Writer::take_group() {
  const auto due = next_due();
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, due, [this] { return stopping_ || !queue_.empty(); });
  Group group;
  std::size_t bytes = 0;
  while (!queue_.empty() && group.size() < kGroupTransactions && bytes < kGroupBytes) {
    const bool is_job = static_cast<bool>(queue_.front().job);
    if (is_job && !group.empty()) break;
    bytes += queue_.front().bytes;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (is_job) break;
  }
  return group;
}

void Writer::commit_group(Group group) {
  const auto begun = Clock::now();
  std::size_t entries = 0;
  for (auto& item : group) {
    item.outcome = prepare_batches(item.writes, item.batches);
    for (const auto& batch : item.batches) entries += batch->entries;
  }
  commit_entries_ = (7 * commit_entries_ + entries + 7) / 8;  // smoothed, rounded up
  if (const auto refused = refusal()) {
    fail_rest(group, *refused);
  } else if (const auto together = commit_together(group); !together) {
    if (concerns_all(together.error())) {
      refuse(together.error());
      fail_rest(group, together.error());
    } else {
      commit_singly(group);
    }
  }
  if (instruments_) {
    instruments_->commit_seconds.observe(
        std::chrono::duration<double>(Clock::now() - begun).count());
    instruments_->group_size.observe(static_cast<double>(group.size()));
  }
  answer(group);
}

void Writer::fail_rest(Group& group, const Error& error) {
  for (auto& item : group) {
    if (item.outcome) item.outcome = std::unexpected(error);
  }
}

Result<> Writer::commit_together(Group& group) {
  return in_transaction([&]() -> Result<> {
    for (auto& item : group) {
      if (item.outcome) CONCLAVE_TRY(tables_->apply(item.writes, item.batches));
    }
    return {};
  });
}

void Writer::commit_singly(Group& group) {
  for (auto& item : group) {
    if (!item.outcome) continue;
    if (const auto refused = refusal()) {
      item.outcome = std::unexpected(*refused);
      continue;
    }
    item.outcome = in_transaction([&] { return tables_->apply(item.writes, item.batches); });
    if (item.outcome) continue;
    observe::error("store.transaction_refused", {{"error", item.outcome.error()}});
    if (concerns_all(item.outcome.error())) refuse(item.outcome.error());
  }
}

void Writer::answer(Group& group) {
  for (auto& item : group) {
    uncommitted_bytes_ -= item.bytes;
    if (instruments_) (item.outcome ? instruments_->transactions : instruments_->refused).add();
    item.done(std::move(item.outcome));
  }
}

Result<> Writer::in_transaction(const std::function<Result<>()>& body) {
  auto outcome = [&]() -> Result<> {
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return std::unexpected(std::move(transaction).error());
    CONCLAVE_TRY(body());
    return transaction->commit();
  }();
  if (outcome) {
    tables_->publish();
    log_dirty_ = true;
    note_tail();
    return outcome;
  }
  if (outcome.error().is(sqlite::kDatabaseUncertain)) end_process(outcome.error());
  tables_->discard();
  return std::unexpected(store_error(outcome.error()));
}

}  // namespace conclave::store
