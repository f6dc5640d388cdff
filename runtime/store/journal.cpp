#include "runtime/store/journal.hpp"

#include "runtime/store/blobs.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/preparation.hpp"

namespace conclave::store {

std::vector<TailSegment> PublishedTail::segments(const RoomKey& room, std::uint64_t first_seq,
                                                 std::uint64_t last_seq) const {
  const std::lock_guard lock(mutex_);
  return tail_.segments(room, first_seq, last_seq);
}

Result<Journal> Journal::load(sqlite::Database& database, PublishedTail& published) {
  Journal journal(published);
  Preparation prepare(database);
  auto select = prepare("SELECT commit_no, batch FROM journal ORDER BY commit_no");
  journal.insert_ = prepare("INSERT INTO journal(commit_no, batch) VALUES(?, ?)");
  journal.update_ = prepare("UPDATE journal SET batch=?2 WHERE commit_no=?1");
  journal.delete_ = prepare("DELETE FROM journal WHERE commit_no<=?");
  CONCLAVE_TRY(prepare.outcome());

  Result<> decoded;
  CONCLAVE_TRY(select.rows([&] {
    if (!decoded) return;
    const std::uint64_t commit_no = select.u64(0);
    auto commit = decode_commit(select.blob(1));
    auto batch = commit ? make_batch(std::move(*commit)) : std::unexpected(commit.error());
    if (!batch) {
      decoded = std::unexpected(batch.error().is(kStoreTooNew)
                                    ? batch.error()
                                    : Error(kStoreBroken, "journal: " + batch.error().text()));
      return;
    }
    journal.working_.append(commit_no, std::move(*batch));
    journal.next_commit_no_ = commit_no + 1;
  }));
  CONCLAVE_TRY(decoded);
  const std::lock_guard lock(published.mutex_);
  published.tail_ = journal.working_;
  return journal;
}

Result<> Journal::append(const BatchPtr& batch) {
  encode_commit(batch->commit, encoded_);
  CONCLAVE_TRY(insert_.run(next_commit_no_, encoded_));
  stage({Change::Kind::append, next_commit_no_, batch});
  ++next_commit_no_;
  return {};
}

Result<> Journal::replace(std::uint64_t commit_no, const BatchPtr& batch) {
  encode_commit(batch->commit, encoded_);
  CONCLAVE_TRY(update_.run(commit_no, encoded_));
  stage({Change::Kind::replace, commit_no, batch});
  return {};
}

Result<> Journal::remove_through(std::uint64_t commit_no) {
  CONCLAVE_TRY(delete_.run(commit_no));
  while (!working_.batches().empty() && working_.batches().begin()->first <= commit_no) {
    const auto [number, batch] = *working_.batches().begin();
    stage({Change::Kind::remove, number, batch});
  }
  return {};
}

void Journal::apply(const Change& change, Tail& tail) {
  switch (change.kind) {
    case Change::Kind::append:
      return tail.append(change.commit_no, change.batch);
    case Change::Kind::replace:
      return tail.replace(change.commit_no, change.batch);
    case Change::Kind::remove:
      return tail.remove(change.commit_no);
  }
}

void Journal::stage(Change change) {
  apply(change, working_);
  staged_.push_back(std::move(change));
}

void Journal::publish() {
  {
    const std::lock_guard lock(published_->mutex_);
    for (const auto& change : staged_) apply(change, published_->tail_);
  }
  staged_.clear();  // frees drained batches, which readers must not wait for
}

void Journal::discard() {
  if (staged_.empty()) return;
  staged_.clear();
  const std::lock_guard lock(published_->mutex_);
  working_ = published_->tail_;
}

}  // namespace conclave::store
