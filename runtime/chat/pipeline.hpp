#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "runtime/async/task_group.hpp"
#include "runtime/chat/chat.hpp"
#include "runtime/chat/device_log.hpp"
#include "runtime/chat/planner.hpp"
#include "runtime/chat/sealer.hpp"
#include "runtime/sync/ledger.hpp"

namespace conclave::chat {

// From a request to the disk (data contract, "Life of a message", steps 4 to 7). A batch closes
// when the seal stage is free; one batch seals while the one before it commits. A failure of either
// fails both, since their seqs follow each other, and takes the rooms back to what is on disk.
// Nothing is answered or published before the commit. On the shard's thread.
class Pipeline {
 public:
  struct Parts {
    Planner& planner;
    Sealer& sealer;
    RoomTable& rooms;
    DeviceLogs& devices;
    sync::Ledger& ledger;
    async::TaskGroup& tasks;
    const base::Clock& clock;
    observe::Metrics& metrics;
    const Limits& limits;
    PressureGate* gate = nullptr;
  };
  // Called once a batch is on disk, before its answers and events.
  using Applied = std::function<void(Batch&)>;

  Pipeline(Parts parts, Applied applied);

  void submit(std::unique_ptr<Op> op);
  // The op on its way with this place; its entry's text for comparing a repeat.
  [[nodiscard]] bool same_request(const Op& op, const Draft& draft, RoomId room) const;
  [[nodiscard]] bool idle() const { return pending_.empty() && !sealing_ && !committing_; }
  // Calls `done` when nothing is on its way any more; new ops are refused from now on.
  void drain(std::function<void()> done);

 private:
  void advance();
  void form();
  [[nodiscard]] bool starts_alone(const Op& op) const;
  Task<void> run_seal();
  void start_commit();
  void committed(Result<void> result);
  void refuse(Op& op, const Error& error);
  void fail_batch(Batch& batch, const Error& error);
  void account(std::ptrdiff_t entries, std::ptrdiff_t bytes);

  Parts parts_;
  Applied applied_;
  std::deque<std::unique_ptr<Op>> pending_;
  std::unique_ptr<Batch> sealing_;
  std::unique_ptr<Batch> committing_;
  std::optional<Error> failure_;  // of a commit, while the batch behind it is still sealing
  std::unique_ptr<Batch> failed_;
  std::uint64_t serial_ = 0;
  std::size_t waiting_entries_ = 0;
  std::size_t waiting_bytes_ = 0;
  bool pressed_ = false;
  bool advancing_ = false;
  std::function<void()> drained_;
  observe::Counter entries_total_;
  observe::Counter batches_total_;
  observe::Counter failures_total_;
  observe::Gauge waiting_gauge_;
  observe::Histogram batch_entries_;
  observe::Histogram commit_seconds_;
};

// What a change of membership does to a member, in memory and on disk.
void apply_change(const RoomWork& work, const MemberChange& change, Member& member);

// Rows of one batch; assigns positions. Room by room, so that what is published in the order of the
// rooms is in the order of positions.
[[nodiscard]] store::Transaction build_transaction(Batch& batch,
                                                   sync::Ledger::Positions& positions);

}  // namespace conclave::chat
