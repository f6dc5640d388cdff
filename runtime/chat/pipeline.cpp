#include "runtime/chat/pipeline.hpp"

#include "runtime/chat/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::chat {

Pipeline::Pipeline(Parts parts, Applied applied)
    : parts_(parts),
      applied_(std::move(applied)),
      entries_total_(
          parts.metrics.counter("conclave_log_entries_total", "Log entries sealed and on disk.")),
      batches_total_(parts.metrics.counter("conclave_log_batches_total", "Batches on disk.")),
      failures_total_(parts.metrics.counter("conclave_log_batch_failures_total",
                                            "Batches that the token or the store refused.")),
      waiting_gauge_(parts.metrics.gauge("conclave_log_waiting_entries",
                                         "Requests that are not on disk yet.")),
      batch_entries_(parts.metrics.histogram("conclave_log_batch_entries", "Entries of a batch.",
                                             {1, 2, 4, 8, 16, 32, 64, 128, 256})),
      commit_seconds_(parts.metrics.histogram(
          "conclave_log_batch_seconds", "From the closing of a batch to its commit.",
          {0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 2, 5})) {}

void Pipeline::account(std::ptrdiff_t entries, std::ptrdiff_t bytes) {
  waiting_entries_ += static_cast<std::size_t>(entries);
  waiting_bytes_ += static_cast<std::size_t>(bytes);
  waiting_gauge_.set(static_cast<double>(waiting_entries_));
  if (parts_.gate == nullptr) return;
  const Limits& limits = parts_.limits;
  if (!pressed_ &&
      (waiting_entries_ > limits.pressure_entries || waiting_bytes_ > limits.pressure_bytes)) {
    pressed_ = true;
    parts_.gate->stop_reading();
  } else if (pressed_ && waiting_entries_ < limits.pressure_entries / 2 &&
             waiting_bytes_ < limits.pressure_bytes / 2) {
    pressed_ = false;
    parts_.gate->resume_reading();
  }
}

void Pipeline::submit(std::unique_ptr<Op> op) {
  if (drained_) {
    op->answer(fail(base::kShuttingDown));
    return;
  }
  if (op->client_id != 0) parts_.devices.begin(op->device(), op->client_id, *op);
  account(1, static_cast<std::ptrdiff_t>(op->bytes));
  pending_.push_back(std::move(op));
  advance();
}

bool Pipeline::same_request(const Op& op, const Draft& draft, RoomId room) const {
  if (op.control || op.room != room) return false;
  if (!op.place) {
    return op.draft.kind == draft.kind && op.draft.target == draft.target &&
           op.draft.body == draft.body;
  }
  for (const Batch* batch : {sealing_.get(), committing_.get(), failed_.get()}) {
    if (batch == nullptr) continue;
    for (const auto& each : batch->ops) {
      if (each.get() != &op) continue;
      const LogEntry& entry = batch->rooms[op.place->first].entries[op.place->second];
      return entry.kind == draft.kind && entry.target == draft.target && entry.body == draft.body;
    }
  }
  return false;
}

bool Pipeline::starts_alone(const Op& op) const {
  if (op.control) return op.control->kind == Control::Kind::remove;
  return op.draft.kind == EntryKind::redaction;
}

void Pipeline::advance() {
  if (advancing_) return;  // callbacks of answers submit again; the loop below sees it
  advancing_ = true;
  while (true) {
    if (sealing_ && sealing_->sealed && !committing_) {
      if (sealing_->doomed || !*sealing_->sealed) {
        const auto batch = std::move(sealing_);
        const Error error = batch->doomed ? *failure_ : batch->sealed->error();
        if (failed_) fail_batch(*std::exchange(failed_, nullptr), *failure_);
        fail_batch(*batch, error);
        failure_.reset();
      } else {
        start_commit();
      }
      continue;
    }
    if (failed_ && !sealing_) {
      fail_batch(*std::exchange(failed_, nullptr), *failure_);
      failure_.reset();
      continue;
    }
    if (sealing_ || pending_.empty() || (starts_alone(*pending_.front()) && committing_)) break;
    form();
    if (sealing_) parts_.tasks.spawn(run_seal());
  }
  advancing_ = false;
  if (drained_ && idle()) std::exchange(drained_, [] {})();
}

void Pipeline::form() {
  auto batch = std::make_unique<Batch>();
  batch->serial = ++serial_;
  batch->started_ms = parts_.clock.monotonic_ms();
  const Limits& limits = parts_.limits;
  while (!pending_.empty()) {
    Op& op = *pending_.front();
    const bool alone = starts_alone(op);
    if (batch->ops.empty()) {
      if (alone && committing_) break;
      batch->alone = alone;
    } else {
      const std::size_t weight =
          op.control ? 2 + op.control->users.size() + op.control->creation.invite.size() : 1;
      const bool more_erasing =
          alone && batch->alone && !op.control && !batch->ops.front()->control;
      if ((alone != batch->alone) || (alone && !more_erasing) ||
          batch->entries + weight > limits.batch_entries ||
          batch->bytes + op.bytes > limits.batch_bytes) {
        break;
      }
    }
    std::unique_ptr<Op> taken = std::move(pending_.front());
    pending_.pop_front();
    if (auto good = parts_.planner.plan(*batch, *taken); good) {
      batch->ops.push_back(std::move(taken));
    } else {
      refuse(*taken, good.error());
    }
  }
  if (!batch->ops.empty()) sealing_ = std::move(batch);
}

Task<void> Pipeline::run_seal() {
  Batch& batch = *sealing_;
  Result<void> result;
  if (batch.has_writes()) result = co_await parts_.sealer.seal(batch);
  batch.sealed = std::move(result);
  advance();
}

void Pipeline::start_commit() {
  committing_ = std::move(sealing_);
  for (RoomWork& work : committing_->rooms) {
    if (work.removed) work.removed_ms = parts_.clock.utc_ms();
  }
  if (!committing_->has_writes()) {
    committed({});
    return;
  }
  parts_.ledger.commit(
      [this](sync::Ledger::Positions& positions) {
        return build_transaction(*committing_, positions);
      },
      [this](Result<void> result) { committed(std::move(result)); });
}

void Pipeline::committed(Result<void> result) {
  std::unique_ptr<Batch> batch = std::move(committing_);
  if (!result) {
    failure_ = result.error();
    failed_ = std::move(batch);
    if (sealing_) sealing_->doomed = true;
    advance();
    return;
  }
  batches_total_.add();
  entries_total_.add(static_cast<double>(batch->entries));
  batch_entries_.observe(static_cast<double>(batch->entries));
  commit_seconds_.observe(static_cast<double>(parts_.clock.monotonic_ms() - batch->started_ms) /
                          1'000.0);
  for (ContentKey* key : batch->keys) key->stored = true;
  const bool was_advancing = std::exchange(advancing_, true);
  for (const auto& op : batch->ops) {
    if (!op->place) continue;
    const RoomWork& work = batch->rooms[op->place->first];
    op->receipt.ts_ms = work.entries[op->place->second].ts_ms;
    op->receipt.pos = work.extras[op->place->second].pos;
  }
  applied_(*batch);
  for (const auto& op : batch->ops) {
    if (op->client_id != 0) {
      parts_.devices.stored(op->device(), op->client_id, {op->receipt.room, op->receipt.seq});
    }
    account(-1, -static_cast<std::ptrdiff_t>(op->bytes));
    op->answer(op->receipt);
  }
  advancing_ = was_advancing;
  advance();
}

void Pipeline::refuse(Op& op, const Error& error) {
  if (op.client_id != 0) parts_.devices.drop(op.device(), op.client_id);
  account(-1, -static_cast<std::ptrdiff_t>(op.bytes));
  op.answer(std::unexpected(error));
}

void Pipeline::fail_batch(Batch& batch, const Error& error) {
  failures_total_.add();
  observe::warn("log.batch_failed", {{"entries", batch.entries}, {"error", error}});
  for (RoomWork& work : batch.rooms) {
    work.room->reset_projection();
    if (work.created && !work.room->stored) parts_.rooms.erase(work.room->key());
    for (const std::uint64_t target : work.redacted) std::erase(work.room->redacted, target);
  }
  for (const auto& op : batch.ops) refuse(*op, error);
}

void Pipeline::drain(std::function<void()> done) {
  drained_ = std::move(done);
  advance();
}

}  // namespace conclave::chat
