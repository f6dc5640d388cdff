#include "runtime/chat/mark_keeper.hpp"

#include "runtime/chat/power_rows.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::chat {

MarkKeeper::MarkKeeper(Parts parts)
    : parts_(parts),
      push_timer_(parts.executor, [this] { push(); }),
      flush_timer_(parts.executor, [this] { flush([] {}); }) {}

void MarkKeeper::later(const RoomPtr& room, UserId user, bool push) {
  dirty_.insert({room->key(), user});
  flush_timer_.arm(parts_.limits.receipt_flush_ms);
  if (push && room->joined <= parts_.limits.receipt_push_members) {
    unpushed_[room->key()].insert(user);
    push_timer_.arm(parts_.limits.receipt_push_ms);
  }
}

bool MarkKeeper::raise_read(const RoomPtr& room, UserId user, std::uint64_t seq, std::uint64_t n,
                            bool push) {
  const auto found = room->members.find(user);
  if (found == room->members.end() || found->second.read_seq >= seq) return false;
  Member& member = found->second;
  member.read_seq = seq;
  member.read_n = n;
  member.read_dirty = true;
  if (member.delivered_seq < seq) member.delivered_seq = seq;
  later(room, user, push);
  return true;
}

bool MarkKeeper::raise_delivered(const RoomPtr& room, UserId user, std::uint64_t seq) {
  const auto found = room->members.find(user);
  if (found == room->members.end() || found->second.delivered_seq >= seq) return false;
  found->second.delivered_seq = seq;
  found->second.delivered_dirty = true;
  later(room, user, true);
  return true;
}

void MarkKeeper::publish_own(const Room& room, UserId user) {
  const Member* const member = room.member(user);
  if (member == nullptr) return;
  parts_.hub.publish_to_user(
      sync::ReceiptChanged{room.id, user, member->read_seq, member->delivered_seq,
                           room.head_n - member->read_n, true},
      room.tenant, user);
}

void MarkKeeper::push() {
  const auto rooms = std::exchange(unpushed_, {});
  std::vector<sync::Subscriber*> receivers;
  for (const auto& [key, users] : rooms) {
    const RoomPtr room = parts_.rooms.find(key);
    if (!room || room->removed || room->joined > parts_.limits.receipt_push_members) continue;
    for (const UserId user : users) {
      const Member* const member = room->member(user);
      if (member == nullptr || member->standing.state != MemberState::joined) continue;
      receivers.clear();
      for (sync::Subscriber* each : room->audience) {
        if (each->actor.user != user) receivers.push_back(each);
      }
      parts_.hub.publish(
          sync::ReceiptChanged{room->id, user, member->read_seq, member->delivered_seq, 0, false},
          receivers);
    }
  }
}

store::Transaction MarkKeeper::build(sync::Ledger::Positions& positions, Marked& taken) {
  store::Transaction out;
  for (auto it = dirty_.begin(); it != dirty_.end();) {
    const RoomPtr room = parts_.rooms.find(it->first);
    const auto member = room ? room->members.find(it->second) : decltype(room->members.end()){};
    if (!room || room->removed || member == room->members.end()) {
      it = dirty_.erase(it);
      continue;
    }
    Member& marks = member->second;
    if (room->projected.removed || room->projected.standings.contains(it->second)) {
      ++it;  // a change of the same row is on its way; this one waits for the next time
      continue;
    }
    if (marks.read_dirty) {
      // With a position: a device that is away must learn of it though no message came since.
      marks.pos = positions.next(room->tenant);
      out.push_back(store::PutMember{member_row(*room, it->second, marks)});
    } else {
      out.push_back(store::PutMarks{room->tenant, room->id, it->second, marks.read_seq,
                                    marks.read_n, marks.delivered_seq});
    }
    marks.read_dirty = marks.delivered_dirty = false;
    taken.insert(*it);
    it = dirty_.erase(it);
  }
  return out;
}

void MarkKeeper::flush(std::function<void()> done) {
  flush_timer_.cancel();
  if (dirty_.empty()) return done();
  auto taken = std::make_shared<Marked>();  // shared by both callbacks
  parts_.ledger.commit(
      [this, taken](sync::Ledger::Positions& positions) { return build(positions, *taken); },
      [this, taken, done = std::move(done)](Result<void> result) {
        if (!result) {
          observe::warn("receipts.not_stored", {{"error", result.error()}});
          for (const auto& [key, user] : *taken) {
            const RoomPtr room = parts_.rooms.find(key);
            if (!room || !room->members.contains(user)) continue;
            room->members.at(user).read_dirty = true;
            dirty_.insert({key, user});
          }
        }
        if (!dirty_.empty()) flush_timer_.arm(parts_.limits.receipt_flush_ms);
        done();
      });
}

}  // namespace conclave::chat
