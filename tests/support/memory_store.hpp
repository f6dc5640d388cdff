#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "hsm/api/segment.hpp"
#include "runtime/store/content_store.hpp"
#include "runtime/store/errors.hpp"

namespace conclave::testing {

// A ContentStore in memory that keeps the contract of the interface, for tests of the domain.
// Answers at once on the caller's thread, unless it is told to hold commits back or to refuse them.
class MemoryStore : public store::ContentStore {
 public:
  // While true, commits wait until release(); they are applied and answered in order.
  bool hold = false;
  // Asked before each commit is applied; an error refuses it.
  std::function<const ErrorSpec*(const store::Transaction&)> refuse;
  // Every read answers this until it is set to null again.
  const ErrorSpec* broken_reads = nullptr;
  std::uint32_t epoch = 1;
  std::vector<store::Transaction> log;  // all that was applied

  std::size_t held() const { return held_.size(); }
  void release(std::size_t count = 1) {
    for (; count > 0 && !held_.empty(); --count) {
      auto next = std::move(held_.front());
      held_.pop_front();
      answer(std::move(next.first), std::move(next.second));
    }
  }
  void release_all() { release(held_.size()); }

  void load(Callback<store::Snapshot> done) override { done(snapshot()); }
  void commit(store::Transaction transaction, Callback<void> done) override {
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
    store::LogSlice out;
    for (const Bytes& segment : segments_[{tenant, room}]) {
      if (touches(segment, first_seq, last_seq)) out.segments.push_back(segment);
    }
    done(std::move(out));
  }

  void find_seq(TenantId tenant, RoomId room, std::int64_t ts_ms,
                Callback<std::optional<std::uint64_t>> done) override {
    if (down(done)) return;
    std::optional<std::uint64_t> out;
    for (const Bytes& segment : segments_[{tenant, room}]) {
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
    for (auto it = annotations_.lower_bound({tenant, room, first_target, 0});
         it != annotations_.end() && out.size() < 5'000; ++it) {
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
    for (auto it = annotations_.upper_bound({tenant, room, target, after_seq});
         it != annotations_.end() && out.size() < limit; ++it) {
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
    for (auto it = mentions_.upper_bound({tenant, user, after_pos});
         it != mentions_.end() && out.size() < limit; ++it) {
      if (it->second.tenant != tenant || it->second.user != user) break;
      out.push_back(it->second);
    }
    done(std::move(out));
  }

  void read_user_state(TenantId tenant, UserId user, std::uint64_t after_pos, std::uint32_t limit,
                       Callback<std::vector<store::UserStateRow>> done) override {
    if (down(done)) return;
    std::vector<store::UserStateRow> out;
    for (const auto& [key, row] : states_) {
      if (row.tenant == tenant && row.user == user && row.pos > after_pos) out.push_back(row);
    }
    std::ranges::sort(out, {}, &store::UserStateRow::pos);
    if (out.size() > limit) out.resize(limit);
    done(std::move(out));
  }

  void read_user_state_key(TenantId tenant, UserId user, std::string key,
                           Callback<std::optional<store::UserStateRow>> done) override {
    if (down(done)) return;
    const auto found = states_.find({tenant, user, key});
    if (found == states_.end()) return done(std::optional<store::UserStateRow>{});
    done(std::optional<store::UserStateRow>(found->second));
  }

  void read_audit(std::uint64_t, std::uint32_t,
                  Callback<std::vector<store::AuditRow>> done) override {
    done(std::vector<store::AuditRow>{});
  }
  void backup(std::filesystem::path, Callback<store::BackupReport> done) override {
    done(store::BackupReport{});
  }
  [[nodiscard]] store::StoreStatus status() const override {
    return {.writable = true, .reason = {}, .epoch = epoch};
  }
  void close() override {}

  // What a start would read now.
  [[nodiscard]] store::Snapshot snapshot() const {
    store::Snapshot out;
    out.epoch = epoch;
    for (const auto& [key, row] : rooms_) out.rooms.push_back(row);
    for (const auto& [key, row] : members_) out.members.push_back(row);
    for (const auto& [key, ring] : rings_) out.rings.push_back(ring);
    for (const auto& [key, row] : keys_) out.content_keys.push_back(row);
    for (const auto& [tenant, pos] : last_pos_) out.last_pos.emplace_back(tenant, pos);
    return out;
  }
  // For tests that play an attacker who writes to the database.
  std::map<std::tuple<TenantId, RoomId, UserId>, store::MemberRow>& members() { return members_; }
  std::map<std::pair<TenantId, RoomId>, store::RoomRow>& rooms() { return rooms_; }
  // Every byte that is kept of logs.
  [[nodiscard]] std::vector<Bytes> all_segments() const {
    std::vector<Bytes> out;
    for (const auto& [room, segments] : segments_) {
      out.insert(out.end(), segments.begin(), segments.end());
    }
    return out;
  }

 private:
  template <class T>
  bool down(Callback<T>& done) {
    if (broken_reads == nullptr) return false;
    done(fail(*broken_reads));
    return true;
  }

  static bool touches(const Bytes& segment, std::uint64_t first, std::uint64_t last) {
    const auto view = hsm::api::parse_segment(segment);
    return view && std::ranges::any_of(view->header.entries, [&](const auto& entry) {
             return entry.seq >= first && entry.seq <= last;
           });
  }

  void answer(store::Transaction transaction, Callback<void> done) {
    if (refuse) {
      if (const ErrorSpec* error = refuse(transaction)) return done(fail(*error));
    }
    for (const store::Write& write : transaction) {
      std::visit([this](const auto& each) { apply(each); }, write);
    }
    log.push_back(std::move(transaction));
    done({});
  }

  void raise_pos(TenantId tenant, std::uint64_t pos) {
    last_pos_[tenant] = std::max(last_pos_[tenant], pos);
  }

  void apply(const store::JournalCommit& write) {
    for (const Bytes& segment : write.segments) {
      const auto view = hsm::api::parse_segment(segment);
      segments_[{view->header.tenant, view->header.room}].push_back(segment);
    }
    for (const auto& head : write.heads) {
      auto& row = rooms_[{head.tenant, head.room}];
      row.tenant = head.tenant;
      row.room = head.room;
      row.head_seq = head.head_seq;
      row.head_n = head.head_n;
      row.head_pos = head.head_pos;
      row.last_all_seq = head.last_all_seq;
      raise_pos(head.tenant, head.head_pos);
    }
    for (const auto& entry : write.ring) {
      auto& ring = rings_[{entry.tenant, entry.device}];
      ring.tenant = entry.tenant;
      ring.device = entry.device;
      ring.entries.push_back(entry);
      if (ring.entries.size() > 64) ring.entries.erase(ring.entries.begin());
    }
  }
  void apply(const store::PutRoom& write) {
    auto& row = rooms_[{write.row.tenant, write.row.room}];
    const auto old = row;
    row = write.row;
    row.head_seq = old.head_seq;
    row.head_n = old.head_n;
    row.head_pos = old.head_pos;
    row.last_all_seq = old.last_all_seq;
  }
  void apply(const store::DeleteRoom& write) {
    const std::pair key{write.tenant, write.room};
    rooms_.erase(key);
    segments_.erase(key);
    const auto of_room = [&](const auto& item) {
      return item.second.tenant == write.tenant && item.second.room == write.room;
    };
    std::erase_if(members_, of_room);
    std::erase_if(annotations_, of_room);
    std::erase_if(mentions_, of_room);
    std::erase_if(keys_, of_room);
  }
  void apply(const store::PutMember& write) {
    members_[{write.row.tenant, write.row.room, write.row.user}] = write.row;
    raise_pos(write.row.tenant, write.row.pos);
  }
  void apply(const store::PutMarks& write) {
    const auto found = members_.find({write.tenant, write.room, write.user});
    if (found == members_.end()) return;
    found->second.read_seq = write.read_seq;
    found->second.read_n = write.read_n;
    found->second.delivered_seq = write.delivered_seq;
  }
  void apply(const store::PutUserState& write) {
    states_[{write.row.tenant, write.row.user, write.row.key}] = write.row;
    raise_pos(write.row.tenant, write.row.pos);
  }
  void apply(const store::AddAnnotation& write) {
    const auto& row = write.row;
    annotations_[{row.tenant, row.room, row.target, row.seq}] = row;
  }
  void apply(const store::AddMention& write) {
    mentions_[{write.row.tenant, write.row.user, write.row.pos}] = write.row;
  }
  void apply(const store::PutContentKey& write) {
    const auto& row = write.row;
    keys_[{row.tenant, row.room, row.author, row.generation}] = row;
  }
  void apply(const store::RewriteSegments& write) {
    auto& segments = segments_[{write.tenant, write.room}];
    std::erase_if(segments, [&](const Bytes& segment) {
      return touches(segment, write.first_seq, write.last_seq);
    });
    segments.insert(segments.end(), write.segments.begin(), write.segments.end());
  }
  // Rows of other parts of the domain.
  void apply(const store::PutRecord&) {}
  void apply(const store::DeleteRecord&) {}
  void apply(const store::AppendAudit&) {}
  void apply(const store::DeleteTenant&) {}
  void apply(const store::ExpireTombstones&) {}

  std::deque<std::pair<store::Transaction, Callback<void>>> held_;
  std::map<std::pair<TenantId, RoomId>, store::RoomRow> rooms_;
  std::map<std::pair<TenantId, RoomId>, std::vector<Bytes>> segments_;
  std::map<std::tuple<TenantId, RoomId, UserId>, store::MemberRow> members_;
  std::map<std::tuple<TenantId, RoomId, std::uint64_t, std::uint64_t>, store::AnnotationRow>
      annotations_;
  std::map<std::tuple<TenantId, UserId, std::uint64_t>, store::MentionRow> mentions_;
  std::map<std::tuple<TenantId, UserId, std::string>, store::UserStateRow> states_;
  std::map<std::tuple<TenantId, RoomId, UserId, std::uint32_t>, store::ContentKeyRow> keys_;
  std::map<std::pair<TenantId, DeviceId>, store::Ring> rings_;
  std::map<TenantId, std::uint64_t> last_pos_;
};

}  // namespace conclave::testing
