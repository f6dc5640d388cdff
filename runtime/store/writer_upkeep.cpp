#include <algorithm>
#include <string>

#include "runtime/observe/log.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/schema.hpp"
#include "runtime/store/sqlite/errors.hpp"
#include "runtime/store/writer_instruments.hpp"

// What the writer does between groups: answering, draining, checkpoints, probing a full disk.
namespace conclave::store {
namespace {

// A slice delays the next commit by 2 to 7 us an entry; smaller ones rewrite open blocks more often
// (measured with 64 rooms: 4.3 us an entry in slices of 1,024, 2.0 us in slices of 4,096). So a
// server that is far from its limit drains in short pauses, and under load, when commits are large
// and nobody's latency is short, slices are large as well.
constexpr std::size_t kSmallestSlice = 256;
constexpr std::size_t kLargestSlice = 4'096;
constexpr std::size_t kCommitsOfSlice = 16;
// 32 MiB of log: a checkpoint takes up to 20 ms whatever its size, since most pages of the log are
// the same few of the journal; at 16 MiB one message in a hundred met one.
constexpr int kCheckpointPages = 8'192;
constexpr std::chrono::seconds kTruncateRetry{5};
// Larger than what a log that is being overwritten in place could absorb by chance.
constexpr std::size_t kProbeBytes = 256 * 1024;

}  // namespace

void Writer::maintain() {
  const auto refused = refusal();
  if (refused && !refused->is(kStoreReadOnly)) return;
  if (refused) {
    probe_if_due();
    return;
  }
  drain_if_due();
  checkpoint_if_due();
  truncate_if_due();
}

Writer::Clock::time_point Writer::next_due() const {
  const auto refused = refusal();
  if (refused)
    return refused->is(kStoreReadOnly) ? probe_at_ : Clock::now() + std::chrono::hours(1);
  auto due = log_dirty_ ? truncate_at_ : Clock::now() + std::chrono::hours(1);
  if (tables_->tail().entries() >= options_.soft_entries) return Clock::now();
  if (!tables_->tail().batches().empty()) due = std::min(due, tail_since_ + options_.soft_age);
  return due;
}

std::size_t Writer::slice_entries() const {
  return std::clamp(kCommitsOfSlice * commit_entries_, kSmallestSlice, kLargestSlice);
}

bool Writer::is_old(Clock::duration age) const {
  return !tables_->tail().batches().empty() && Clock::now() - tail_since_ >= age;
}

void Writer::drain_if_due() {
  const Tail& tail = tables_->tail();
  const auto too_much = [&] { return tail.entries() > options_.hard_entries; };
  if (tail.batches().empty()) return;
  if (too_much() || is_old(options_.hard_age)) {
    do {
      if (!drain_slice()) return;
    } while (too_much());
  }
  if (tail.entries() >= options_.soft_entries || is_old(options_.soft_age)) draining_ = true;
  while (draining_ && is_idle()) {
    // Under load the tail is never empty: what is left of it waits until it is a slice again.
    draining_ = drain_slice() && (tail.entries() >= slice_entries() || is_old(options_.soft_age));
  }
}

bool Writer::drain_slice() {
  if (tables_->tail().batches().empty()) return false;
  const auto begun = Clock::now();
  const auto outcome = in_transaction([this] { return tables_->drain(slice_entries()); });
  if (instruments_) {
    instruments_->drain_seconds.observe(
        std::chrono::duration<double>(Clock::now() - begun).count());
  }
  // The journal holds only what was checked when it was committed: a slice that cannot be moved for
  // another reason than lack of space means that the file is not what we wrote.
  if (!outcome) {
    const bool space = outcome.error().is(kStoreReadOnly);
    refuse(space ? outcome.error() : Error(kStoreBroken, "drain: " + outcome.error().text()));
  }
  // What is left was written later than what has gone.
  if (outcome) tail_since_ = begun;
  return outcome.has_value();
}

void Writer::checkpoint_if_due() {
  const int pages = database_.log_pages();
  if (instruments_) instruments_->log_pages.set(pages);
  if (pages < checkpointed_pages_) checkpointed_pages_ = 0;  // the log began anew
  if (pages - checkpointed_pages_ < kCheckpointPages) return;
  checkpointed_pages_ = pages;
  const auto outcome = database_.checkpoint();
  if (!outcome) check_upkeep(outcome.error());
}

void Writer::truncate_if_due() {
  const auto now = Clock::now();
  if (!log_dirty_ || now < truncate_at_) return;
  const auto outcome = database_.truncate_log();
  log_dirty_ = !outcome;
  truncate_at_ =
      now + (outcome ? Clock::duration(options_.log_truncation) : Clock::duration(kTruncateRetry));
  if (!outcome && !outcome.error().is(sqlite::kDatabaseBusy)) check_upkeep(outcome.error());
}

void Writer::check_upkeep(const Error& error) {
  if (error.is(sqlite::kDatabaseUncertain)) end_process(error);
  // A log that cannot be moved into a full file still takes writes; they fail when it cannot grow.
  observe::warn("store.checkpoint_failed", {{"error", error}});
  if (error.is(sqlite::kDatabaseDamaged)) refuse(store_error(error));
}

void Writer::probe_if_due() {
  if (Clock::now() < probe_at_) return;
  probe_at_ = Clock::now() + options_.probe_interval;
  const auto written = in_transaction([this] {
    return database_.execute(
        ("INSERT INTO probe(filler) VALUES(zeroblob(" + std::to_string(kProbeBytes) + "))")
            .c_str());
  });
  if (!written) return;
  const auto removed = in_transaction([this] { return database_.execute("DELETE FROM probe"); });
  if (removed) accept_again();
}

void Writer::refuse(const Error& error) {
  observe::error("store.refusing", {{"error", error}});
  if (instruments_) instruments_->writable.set(0);
  probe_at_ = Clock::now() + options_.probe_interval;
  draining_ = false;
  const std::lock_guard lock(mutex_);
  refusal_ = error;
}

void Writer::accept_again() {
  observe::info("store.writable");
  if (instruments_) instruments_->writable.set(1);
  const std::lock_guard lock(mutex_);
  refusal_.reset();
}

void Writer::note_tail() {
  const Tail& tail = tables_->tail();
  const bool was_empty = journal_commits_ == 0;
  if (was_empty && !tail.batches().empty()) tail_since_ = Clock::now();
  journal_commits_ = tail.batches().size();
  if (instruments_) instruments_->journal_entries.set(static_cast<double>(tail.entries()));
}

}  // namespace conclave::store
