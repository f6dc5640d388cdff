#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "hsm/api/segment.hpp"
#include "runtime/store/errors.hpp"
#include "runtime/store/writes.hpp"

namespace conclave::testing {

// What MemoryStore keeps: plain maps, and each write of a transaction applied to them. A value, so
// that a transaction is tried on a copy. Wrong writes are refused by the rules of the interface.
struct MemoryTables {
  using RoomKey = std::pair<TenantId, RoomId>;
  using Seqs = std::vector<std::uint64_t>;

  std::map<RoomKey, store::RoomRow> rooms;
  std::map<RoomKey, std::vector<Bytes>> segments;
  std::map<RoomKey, std::uint64_t> last_seq;
  std::map<std::tuple<TenantId, RoomId, UserId>, store::MemberRow> members;
  // By tenant, room, target, seq, kind.
  std::map<std::tuple<TenantId, RoomId, std::uint64_t, std::uint64_t, std::uint8_t>,
           store::AnnotationRow>
      annotations;
  std::map<std::tuple<TenantId, UserId, std::uint64_t, RoomId, std::uint64_t>, store::MentionRow>
      mentions;
  std::map<std::tuple<TenantId, UserId, std::string>, store::UserStateRow> states;
  std::map<std::tuple<TenantId, UserId, std::string>, std::int64_t> state_changed_ms;
  std::map<std::tuple<TenantId, RoomId, UserId, std::uint32_t>, store::ContentKeyRow> keys;
  std::map<std::pair<TenantId, DeviceId>, store::Ring> rings;
  std::map<std::tuple<TenantId, store::RecordKind, std::uint64_t, std::uint64_t>, store::Record>
      records;
  std::map<std::tuple<TenantId, store::DoomedKind, std::uint64_t>, store::DoomedKeyRow> doomed;
  std::vector<store::AuditRow> audit;
  std::map<TenantId, std::uint64_t> last_pos;
  std::map<TenantId, std::uint64_t> expired_pos;
  std::int64_t now_ms = 0;  // UTC, of the transaction that is applied

  Result<> apply(const store::Transaction& transaction) {
    for (const store::Write& write : transaction) {
      CONCLAVE_TRY(std::visit([this](const auto& each) { return apply_one(each); }, write));
    }
    return {};
  }

  [[nodiscard]] store::Snapshot snapshot(std::uint32_t epoch) const {
    store::Snapshot out;
    out.epoch = epoch;
    for (const auto& [key, row] : records) out.records.push_back(row);
    for (const auto& [key, row] : rooms) out.rooms.push_back(row);
    for (const auto& [key, row] : members) out.members.push_back(row);
    for (const auto& [key, ring] : rings) out.rings.push_back(ring);
    for (const auto& [key, row] : keys) out.content_keys.push_back(row);
    for (const auto& [key, row] : doomed) out.doomed_keys.push_back(row);
    out.last_pos.assign(last_pos.begin(), last_pos.end());
    out.expired_pos.assign(expired_pos.begin(), expired_pos.end());
    if (!audit.empty()) {
      out.last_audit_number = audit.back().number;
      out.last_audit_chain = audit.back().chain;
    }
    return out;
  }

  static bool touches(const Bytes& segment, std::uint64_t first, std::uint64_t last) {
    const auto view = hsm::api::parse_segment(segment);
    return view && std::ranges::any_of(view->header.entries, [&](const auto& entry) {
             return entry.seq >= first && entry.seq <= last;
           });
  }

 private:
  static constexpr std::size_t kRing = 64;

  static std::unexpected<Error> rejected(const char* what) {
    return fail(store::kCommitRejected, what);
  }
  static Result<std::pair<RoomKey, Seqs>> read_segment(const Bytes& segment) {
    const auto view = hsm::api::parse_segment(segment);
    if (!view) return rejected("no segment");
    Seqs seqs;
    for (const auto& entry : view->header.entries) seqs.push_back(entry.seq);
    return std::pair{RoomKey{view->header.tenant, view->header.room}, std::move(seqs)};
  }
  void raise_pos(TenantId tenant, std::uint64_t pos) {
    last_pos[tenant] = std::max(last_pos[tenant], pos);
  }

  // The seqs of each room go on without gap from what is there, and end at the head.
  Result<> check_log(const store::JournalCommit& write) {
    std::map<RoomKey, Seqs> added;
    for (const Bytes& segment : write.segments) {
      auto read = read_segment(segment);
      if (!read) return std::unexpected(std::move(read).error());
      Seqs& seqs = added[read->first];
      seqs.insert(seqs.end(), read->second.begin(), read->second.end());
    }
    for (auto& [room, seqs] : added) {
      std::ranges::sort(seqs);
      const auto known = last_seq.find(room);
      std::uint64_t expected = known != last_seq.end() ? known->second + 1 : seqs.front();
      for (const std::uint64_t seq : seqs) {
        if (seq == 0 || seq != expected++) return rejected("gap or repeat in the log");
      }
      const auto head = std::ranges::find_if(write.heads, [&room](const store::RoomHead& each) {
        return RoomKey{each.tenant, each.room} == room;
      });
      if (head == write.heads.end() || head->head_seq != seqs.back()) return rejected("false head");
    }
    return {};
  }

  Result<> apply_one(const store::JournalCommit& write) {
    CONCLAVE_TRY(check_log(write));
    for (const Bytes& segment : write.segments) {
      segments[read_segment(segment)->first].push_back(segment);
    }
    for (const auto& head : write.heads) {
      const RoomKey key{head.tenant, head.room};
      last_seq[key] = head.head_seq;
      raise_pos(head.tenant, head.head_pos);
      if (const auto room = rooms.find(key); room != rooms.end()) {
        room->second.head_seq = head.head_seq;
        room->second.head_n = head.head_n;
        room->second.head_pos = head.head_pos;
        room->second.last_all_seq = head.last_all_seq;
      }
    }
    for (const auto& entry : write.ring) {
      auto& ring = rings[{entry.tenant, entry.device}];
      ring.tenant = entry.tenant;
      ring.device = entry.device;
      ring.entries.push_back(entry);
      if (ring.entries.size() > kRing) ring.entries.erase(ring.entries.begin());
    }
    return {};
  }
  Result<> apply_one(const store::PutRecord& write) {
    const auto& row = write.row;
    records[{row.tenant, row.kind, row.id, row.sub}] = row;
    return {};
  }
  Result<> apply_one(const store::DeleteRecord& write) {
    records.erase({write.tenant, write.kind, write.id, write.sub});
    if (write.kind == store::RecordKind::device) rings.erase({write.tenant, DeviceId{write.id}});
    return {};
  }
  Result<> apply_one(const store::PutRoom& write) {
    const auto [found, added] = rooms.try_emplace({write.row.tenant, write.row.room}, write.row);
    if (added) return {};
    found->second.version = write.row.version;
    found->second.power = write.row.power;
    found->second.mac = write.row.mac;
    found->second.profile_sealed = write.row.profile_sealed;
    return {};
  }
  Result<> apply_one(const store::DeleteRoom& write) {
    const RoomKey key{write.tenant, write.room};
    const auto of_room = [&](const auto& item) {
      return item.second.tenant == write.tenant && item.second.room == write.room;
    };
    for (const auto& item : members) {
      if (of_room(item)) raise_pos(write.tenant, item.second.pos);
    }
    rooms.erase(key);
    segments.erase(key);
    last_seq.erase(key);
    std::erase_if(members, of_room);
    std::erase_if(annotations, of_room);
    std::erase_if(mentions, of_room);
    std::erase_if(keys, of_room);
    return {};
  }
  Result<> apply_one(const store::PutMember& write) {
    members[{write.row.tenant, write.row.room, write.row.user}] = write.row;
    raise_pos(write.row.tenant, write.row.pos);
    return {};
  }
  Result<> apply_one(const store::PutMarks& write) {
    const auto found = members.find({write.tenant, write.room, write.user});
    if (found == members.end()) return {};
    found->second.read_seq = write.read_seq;
    found->second.read_n = write.read_n;
    found->second.delivered_seq = write.delivered_seq;
    return {};
  }
  Result<> apply_one(const store::PutUserState& write) {
    const std::tuple key{write.row.tenant, write.row.user, write.row.key};
    states[key] = write.row;
    state_changed_ms[key] = now_ms;
    raise_pos(write.row.tenant, write.row.pos);
    return {};
  }
  Result<> apply_one(const store::AddAnnotation& write) {
    const auto& row = write.row;
    annotations[{row.tenant, row.room, row.target, row.seq, row.kind}] = row;
    return {};
  }
  Result<> apply_one(const store::AddMention& write) {
    const auto& row = write.row;
    mentions.try_emplace({row.tenant, row.user, row.pos, row.room, row.seq}, row);
    return {};
  }
  Result<> apply_one(const store::PutContentKey& write) {
    const auto& row = write.row;
    keys[{row.tenant, row.room, row.author, row.generation}] = row;
    return {};
  }
  Result<> apply_one(const store::PutDoomedKey& write) {
    const auto& row = write.row;
    doomed.try_emplace({row.tenant, row.kind, row.id}, row);
    return {};
  }
  Result<> apply_one(const store::DeleteDoomedKey& write) {
    doomed.erase({write.tenant, write.kind, write.id});
    return {};
  }
  Result<> apply_one(const store::RewriteSegments& write) {
    const RoomKey room{write.tenant, write.room};
    Seqs news;
    for (const Bytes& segment : write.segments) {
      auto read = read_segment(segment);
      if (!read) return std::unexpected(std::move(read).error());
      if (read->first != room) return rejected("another room");
      news.insert(news.end(), read->second.begin(), read->second.end());
    }
    Seqs olds;
    auto& kept = segments[room];
    std::erase_if(kept, [&](const Bytes& segment) {
      if (!touches(segment, write.first_seq, write.last_seq)) return false;
      const auto seqs = read_segment(segment)->second;
      olds.insert(olds.end(), seqs.begin(), seqs.end());
      return true;
    });
    std::ranges::sort(news);
    std::ranges::sort(olds);
    if (olds.empty() || olds != news) return rejected("a rewrite of other seqs");
    kept.insert(kept.end(), write.segments.begin(), write.segments.end());
    return {};
  }
  Result<> apply_one(const store::AppendAudit& write) {
    if (write.row.number != audit.size() + 1) return rejected("audit number");
    audit.push_back(write.row);
    return {};
  }
  Result<> apply_one(const store::DeleteTenant& write) {
    const auto of_tenant = [&](const auto& item) { return item.second.tenant == write.tenant; };
    const auto keyed = [&](const auto& item) { return std::get<0>(item.first) == write.tenant; };
    std::erase_if(rooms, of_tenant);
    std::erase_if(segments, keyed);
    std::erase_if(last_seq, keyed);
    std::erase_if(members, of_tenant);
    std::erase_if(annotations, of_tenant);
    std::erase_if(mentions, of_tenant);
    std::erase_if(states, of_tenant);
    std::erase_if(state_changed_ms, keyed);
    std::erase_if(keys, of_tenant);
    std::erase_if(rings, of_tenant);
    std::erase_if(records, of_tenant);
    last_pos.erase(write.tenant);
    expired_pos.erase(write.tenant);
    return {};
  }
  Result<> apply_one(const store::ExpireTombstones& write) {
    const auto expire = [&](std::uint64_t pos) {
      expired_pos[write.tenant] = std::max(expired_pos[write.tenant], pos);
      return true;
    };
    std::erase_if(members, [&](const auto& item) {
      const auto& row = item.second;
      return row.tenant == write.tenant && row.changed_ms < write.changed_before_ms &&
             std::ranges::find(write.ended_states, row.state) != write.ended_states.end() &&
             expire(row.pos);
    });
    std::erase_if(states, [&](const auto& item) {
      const auto& row = item.second;
      return row.tenant == write.tenant && row.deleted &&
             state_changed_ms[item.first] < write.changed_before_ms && expire(row.pos);
    });
    return {};
  }
};

}  // namespace conclave::testing
