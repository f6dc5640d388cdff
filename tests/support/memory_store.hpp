#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/store/content_store.hpp"
#include "tests/support/memory_tables.hpp"

namespace conclave::testing {

// A ContentStore in memory, for tests of the domain; tests/unit/store holds it to the contract of
// the interface as it does the store on disk. Answers at once on the caller's thread, unless it is
// told to hold commits back or to refuse them.
class MemoryStore : public store::ContentStore {
 public:
  // While true, commits wait until release(); they are applied and answered in order.
  bool hold = false;
  // Asked before each commit is applied; an error refuses it.
  std::function<const ErrorSpec*(const store::Transaction&)> refuse;
  // While true, reads of logs wait until release_reads().
  bool hold_reads = false;
  // Every read answers this until it is set to null again.
  const ErrorSpec* broken_reads = nullptr;
  std::uint32_t epoch = 1;
  std::vector<store::Transaction> log;  // all that was applied

  MemoryStore() : MemoryStore(std::make_shared<MemoryTables>()) {}
  // Shared: what was stored outlives the store, as a file does.
  explicit MemoryStore(std::shared_ptr<MemoryTables> tables) : tables_(std::move(tables)) {}

  std::size_t held() const { return held_.size(); }
  void release(std::size_t count = 1) {
    for (; count > 0 && !held_.empty(); --count) {
      auto next = std::move(held_.front());
      held_.pop_front();
      answer(std::move(next.first), std::move(next.second));
    }
  }
  void release_all() { release(held_.size()); }
  std::size_t held_reads() const { return held_reads_.size(); }
  void release_reads() {
    for (auto& read : std::exchange(held_reads_, {})) read();
  }

  void load(Callback<store::Snapshot> done) override {
    if (closed_) return done(fail(base::kShuttingDown));
    done(snapshot());
  }
  void commit(store::Transaction transaction, Callback<void> done) override {
    if (closed_) return done(fail(base::kShuttingDown));
    if (hold || !held_.empty()) {
      held_.emplace_back(std::move(transaction), std::move(done));
      return;
    }
    answer(std::move(transaction), std::move(done));
  }
  [[nodiscard]] std::size_t uncommitted_bytes() const override { return 0; }

  void read_log(TenantId tenant, RoomId room, std::uint64_t first_seq, std::uint64_t last_seq,
                Callback<store::LogSlice> done) override {
    if (down(done)) return;
    if (last_seq - first_seq >= 500) return done(fail(store::kRangeTooLarge));
    if (hold_reads) {
      held_reads_.push_back([=, this, done = std::move(done)]() mutable {
        answer_log(tenant, room, first_seq, last_seq, std::move(done));
      });
      return;
    }
    answer_log(tenant, room, first_seq, last_seq, std::move(done));
  }

  void answer_log(TenantId tenant, RoomId room, std::uint64_t first_seq, std::uint64_t last_seq,
                  Callback<store::LogSlice> done) {
    store::LogSlice out;
    for (const Bytes& segment : tables_->segments[{tenant, room}]) {
      if (MemoryTables::touches(segment, first_seq, last_seq)) out.segments.push_back(segment);
    }
    done(std::move(out));
  }

  void find_seq(TenantId tenant, RoomId room, std::int64_t ts_ms,
                Callback<std::optional<std::uint64_t>> done) override {
    if (down(done)) return;
    std::optional<std::uint64_t> out;
    for (const Bytes& segment : tables_->segments[{tenant, room}]) {
      for (const auto& entry : hsm::api::parse_segment(segment)->header.entries) {
        if (entry.ts_ms >= ts_ms && (!out || entry.seq < *out)) out = entry.seq;
      }
    }
    done(out);
  }

  void read_annotations(TenantId tenant, RoomId room, std::uint64_t first_target,
                        std::uint64_t last_target,
                        Callback<std::vector<store::AnnotationRow>> done) override {
    if (down(done)) return;
    std::vector<store::AnnotationRow> out;
    for (auto it = tables_->annotations.lower_bound({tenant, room, first_target, 0, 0});
         it != tables_->annotations.end() && out.size() < 5'000; ++it) {
      const auto& row = it->second;
      if (row.tenant != tenant || row.room != room || row.target > last_target) break;
      out.push_back(row);
    }
    done(std::move(out));
  }

  void read_annotated(TenantId tenant, RoomId room, std::uint64_t target, std::uint8_t kind,
                      std::uint64_t after_seq, std::uint32_t limit,
                      Callback<std::vector<store::AnnotationRow>> done) override {
    if (down(done)) return;
    std::vector<store::AnnotationRow> out;
    for (auto it = tables_->annotations.upper_bound({tenant, room, target, after_seq, 255});
         it != tables_->annotations.end() && out.size() < limit; ++it) {
      const auto& row = it->second;
      if (row.tenant != tenant || row.room != room || row.target != target) break;
      if (row.kind == kind) out.push_back(row);
    }
    done(std::move(out));
  }

  void read_mentions(TenantId tenant, UserId user, std::uint64_t after_pos, std::uint32_t limit,
                     Callback<std::vector<store::MentionRow>> done) override {
    if (down(done)) return;
    std::vector<store::MentionRow> out;
    for (auto it = tables_->mentions.upper_bound({tenant, user, after_pos, {~0ULL}, ~0ULL});
         it != tables_->mentions.end() && out.size() < limit; ++it) {
      if (it->second.tenant != tenant || it->second.user != user) break;
      out.push_back(it->second);
    }
    done(std::move(out));
  }

  void read_user_state(TenantId tenant, UserId user, std::uint64_t after_pos, std::uint32_t limit,
                       Callback<std::vector<store::UserStateRow>> done) override {
    if (down(done)) return;
    std::vector<store::UserStateRow> out;
    for (const auto& [key, row] : tables_->states) {
      if (row.tenant == tenant && row.user == user && row.pos > after_pos) out.push_back(row);
    }
    std::ranges::sort(out, {}, &store::UserStateRow::pos);
    if (out.size() > limit) out.resize(limit);
    done(std::move(out));
  }

  void read_user_state_key(TenantId tenant, UserId user, std::string key,
                           Callback<std::optional<store::UserStateRow>> done) override {
    if (down(done)) return;
    const auto found = tables_->states.find({tenant, user, key});
    if (found == tables_->states.end()) return done(std::optional<store::UserStateRow>{});
    done(std::optional<store::UserStateRow>(found->second));
  }

  void read_audit(std::uint64_t after_number, std::uint32_t limit,
                  Callback<std::vector<store::AuditRow>> done) override {
    if (down(done)) return;
    std::vector<store::AuditRow> out;
    for (const auto& row : tables_->audit) {
      if (row.number > after_number && out.size() < limit) out.push_back(row);
    }
    done(std::move(out));
  }
  void read_expired_pos(Callback<store::ExpiredPositions> done) override {
    if (down(done)) return;
    done(snapshot().expired_pos);
  }
  void backup(std::filesystem::path, Callback<store::BackupReport> done) override {
    done(store::BackupReport{});
  }
  [[nodiscard]] store::StoreStatus status() const override {
    return {.writable = !closed_, .reason = {}, .epoch = epoch};
  }
  void close() override { closed_ = true; }

  // What a start would read now.
  [[nodiscard]] store::Snapshot snapshot() const { return tables_->snapshot(epoch); }
  // For tests that play an attacker who writes to the database.
  std::map<std::tuple<TenantId, RoomId, UserId>, store::MemberRow>& members() {
    return tables_->members;
  }
  std::map<std::pair<TenantId, RoomId>, store::RoomRow>& rooms() { return tables_->rooms; }
  // Every byte that is kept of logs.
  [[nodiscard]] std::vector<Bytes> all_segments() const {
    std::vector<Bytes> out;
    for (const auto& [room, segments] : tables_->segments) {
      out.insert(out.end(), segments.begin(), segments.end());
    }
    return out;
  }

 private:
  template <class T>
  bool down(Callback<T>& done) {
    if (!closed_ && broken_reads == nullptr) return false;
    done(fail(closed_ ? base::kShuttingDown : *broken_reads));
    return true;
  }

  // All or nothing: the transaction is tried on a copy.
  void answer(store::Transaction transaction, Callback<void> done) {
    if (refuse) {
      if (const ErrorSpec* error = refuse(transaction)) return done(fail(*error));
    }
    MemoryTables after = *tables_;
    after.now_ms = base::system_clock().utc_ms();
    if (auto applied = after.apply(transaction); !applied) return done(std::move(applied));
    *tables_ = std::move(after);
    log.push_back(std::move(transaction));
    done({});
  }

  std::deque<std::pair<store::Transaction, Callback<void>>> held_;
  std::vector<std::move_only_function<void()>> held_reads_;
  std::shared_ptr<MemoryTables> tables_;  // also the test's, which opens it again
  bool closed_ = false;
};

}  // namespace conclave::testing
