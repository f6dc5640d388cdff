#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/store/sqlite_content_store.hpp"
#include "runtime/store/write_tables.hpp"

namespace conclave::store {

// The one thread that writes content.db and checkpoints it. Waiting transactions are applied in one
// SQL transaction and share its fsync; one that fails for its own reason is taken out by applying
// the group's transactions one by one. After that it drains, checkpoints and probes a full disk.
//
// A failed fsync or an unknown outcome of a commit ends the process with kExitUncertain.
class Writer {
 public:
  using Job = std::move_only_function<void(sqlite::Database&, const Tail&)>;
  static constexpr int kExitUncertain = 74;  // sysexits.h, EX_IOERR

  Writer(const SqliteStoreOptions& options, sqlite::Database database, WriteTables tables);
  ~Writer();  // stop()
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Any thread. Answered in the order of the calls; after stop() with kShuttingDown, at once.
  void write(Transaction transaction, Callback<void> done);
  // Runs between two groups, in its turn. False after stop().
  [[nodiscard]] bool run(Job job);
  // Writes what waits, drains, cuts the log, closes the connection. Readers must be closed. Blocks.
  void stop();

  [[nodiscard]] std::size_t uncommitted_bytes() const { return uncommitted_bytes_; }
  [[nodiscard]] std::uint64_t journal_commits() const { return journal_commits_; }
  // Why nothing can be written; none: all is well.
  [[nodiscard]] std::optional<Error> refusal() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Item {
    Transaction writes;
    std::vector<BatchPtr> batches;
    Callback<void> done;
    Job job;  // instead of writes
    std::size_t bytes = 0;
    Result<> outcome;
  };
  using Group = std::vector<Item>;

  void loop();
  Group take_group();
  void commit_group(Group group);
  Result<> commit_together(Group& group);
  void commit_singly(Group& group);
  static void fail_rest(Group& group, const Error& error);
  void answer(Group& group);
  // Ends the process when the outcome is uncertain; else the store's error, nothing applied.
  Result<> in_transaction(const std::function<Result<>()>& body);

  void maintain();
  [[nodiscard]] Clock::time_point next_due() const;
  void drain_if_due();
  // False when nothing is left or the slice failed (then writes are refused).
  bool drain_slice();
  [[nodiscard]] std::size_t slice_entries() const;
  [[nodiscard]] bool is_old(Clock::duration age) const;
  void checkpoint_if_due();
  void truncate_if_due();
  void probe_if_due();
  void check_upkeep(const Error& error);
  [[noreturn]] static void end_process(const Error& error);
  void refuse(const Error& error);
  void accept_again();
  void note_tail();
  [[nodiscard]] bool is_idle() const;

  const SqliteStoreOptions options_;
  struct Instruments;
  std::unique_ptr<Instruments> instruments_;

  // The writer's thread only.
  sqlite::Database database_;
  std::optional<WriteTables> tables_;  // dies before its connection
  Clock::time_point tail_since_{};     // when the tail stopped being empty
  std::size_t commit_entries_ = 0;  // log entries of recent commits, smoothed
  bool draining_ = false;              // once begun while idle, until the tail is empty
  bool log_dirty_ = false;             // committed since the log was last cut
  Clock::time_point truncate_at_;
  Clock::time_point probe_at_{};
  int checkpointed_pages_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::optional<Error> refusal_;

  std::atomic<std::size_t> uncommitted_bytes_ = 0;
  std::atomic<std::uint64_t> journal_commits_ = 0;
  std::thread thread_;
};

}  // namespace conclave::store
