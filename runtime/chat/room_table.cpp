#include "runtime/chat/room_table.hpp"

#include <algorithm>
#include <utility>

namespace conclave::chat {

RoomTable::RoomTable(sync::Hub& hub, std::size_t tail_bytes) : hub_(hub), tail_limit_(tail_bytes) {
  hub_.add_observer(*this);
}

RoomTable::~RoomTable() {
  hub_.remove_observer(*this);
}

RoomTable::PairKey RoomTable::pair_of(TenantId tenant, UserId one, UserId other) {
  return {tenant, std::min(one, other), std::max(one, other)};
}

RoomPtr RoomTable::find(const RoomKey& key) const {
  const auto found = rooms_.find(key);
  return found == rooms_.end() ? nullptr : found->second;
}

RoomPtr RoomTable::add(const RoomKey& key, Power power) {
  auto room = std::make_shared<Room>();
  room->tenant = key.tenant;
  room->id = key.id;
  room->power = power;
  rooms_[key] = room;
  if (power.kind == RoomKind::direct) index_direct(*room);
  return room;
}

void RoomTable::index_direct(const Room& room) {
  directs_[pair_of(room.tenant, room.power.creator, room.power.peer)] = room.id;
}

void RoomTable::erase(const RoomKey& key) {
  const auto found = rooms_.find(key);
  if (found == rooms_.end()) return;
  const RoomPtr room = found->second;
  drop_tail(*room);
  for (const auto& [user, member] : room->members) {
    auto& rooms = by_user_[{key.tenant, user}];
    std::erase(rooms, room);
    if (rooms.empty()) by_user_.erase({key.tenant, user});
  }
  forget_direct(*room);
  rooms_.erase(found);
}

void RoomTable::clear() {
  for (const auto& [key, room] : rooms_) drop_tail(*room);
  rooms_.clear();
  by_user_.clear();
  directs_.clear();
}

void RoomTable::forget_direct(const Room& room) {
  if (room.power.kind != RoomKind::direct) return;
  const auto found = directs_.find(pair_of(room.tenant, room.power.creator, room.power.peer));
  if (found != directs_.end() && found->second == room.id) directs_.erase(found);
}

std::vector<RoomPtr> RoomTable::of_tenant(TenantId tenant) const {
  std::vector<RoomPtr> out;
  for (const auto& [key, room] : rooms_) {
    if (key.tenant == tenant) out.push_back(room);
  }
  std::ranges::sort(out, {}, [](const RoomPtr& room) { return room->id; });
  return out;
}

std::set<TenantId> RoomTable::tenants() const {
  std::set<TenantId> out;
  for (const auto& [key, room] : rooms_) out.insert(key.tenant);
  return out;
}

const std::vector<RoomPtr>& RoomTable::of_user(const UserKey& user) const {
  static const std::vector<RoomPtr> kNone;
  const auto found = by_user_.find(user);
  return found == by_user_.end() ? kNone : found->second;
}

RoomPtr RoomTable::direct(TenantId tenant, UserId one, UserId other) const {
  const auto found = directs_.find(pair_of(tenant, one, other));
  return found == directs_.end() ? nullptr : find({tenant, found->second});
}

Member& RoomTable::set_member(const RoomPtr& room, UserId user, const Standing& standing) {
  const auto [place, added] = room->members.try_emplace(user);
  Member& member = place->second;
  if (added) by_user_[{room->tenant, user}].push_back(room);
  const MemberState before = member.standing.state;
  const MemberState after = standing.state;
  member.standing = standing;
  const auto count = [](bool now, bool then, std::uint32_t& total) {
    if (now && !then) ++total;
    if (!now && then) --total;
  };
  count(is_in(after), is_in(before), room->present);
  count(after == MemberState::joined, before == MemberState::joined, room->joined);
  if ((after == MemberState::joined) != (before == MemberState::joined)) {
    for (sync::Subscriber* each : hub_.sessions_of(room->tenant, user)) {
      if (after == MemberState::joined) {
        room->audience.push_back(each);
      } else {
        std::erase(room->audience, each);
      }
    }
  }
  return member;
}

void RoomTable::session_opened(sync::Subscriber& subscriber) {
  const auto& actor = subscriber.actor;
  for (const RoomPtr& room : of_user({actor.tenant, actor.user})) {
    if (room->standing(actor.user).state == MemberState::joined) {
      room->audience.push_back(&subscriber);
    }
  }
  if (on_opened) on_opened(subscriber);
}

void RoomTable::session_closing(sync::Subscriber& subscriber) {
  const auto& actor = subscriber.actor;
  for (const RoomPtr& room : of_user({actor.tenant, actor.user})) {
    const auto found = std::ranges::find(room->audience, &subscriber);
    if (found == room->audience.end()) continue;
    *found = room->audience.back();
    room->audience.pop_back();
  }
  if (on_closing) on_closing(subscriber);
}

void RoomTable::touch_tail(Room& room) {
  if (room.tail_use) {
    tail_order_.splice(tail_order_.begin(), tail_order_, *room.tail_use);
  } else {
    tail_order_.push_front(&room);
    room.tail_use = tail_order_.begin();
  }
}

void RoomTable::append_tail(Room& room, LogEntry entry) {
  touch_tail(room);
  if (!room.tail.entries.empty() && room.tail.entries.back().seq + 1 != entry.seq) drop_tail(room);
  if (!room.tail_use) touch_tail(room);
  const std::size_t size = entry.body.size() + sizeof(LogEntry);
  room.tail.entries.push_back(std::move(entry));
  room.tail.bytes += size;
  tail_bytes_ += size;
  trim_tail(room);
  enforce_tail_limit();
}

void RoomTable::prepend_tail(Room& room, const std::vector<LogEntry>& entries) {
  if (room.removed || entries.empty()) return;
  const std::uint64_t first =
      room.tail.entries.empty() ? room.head_seq + 1 : room.tail.entries.front().seq;
  if (entries.back().seq + 1 != first) return;
  touch_tail(room);
  for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
    const std::size_t size = it->body.size() + sizeof(LogEntry);
    if (room.tail.entries.size() >= kTailEntries || room.tail.bytes + size > kTailBytes) break;
    room.tail.entries.push_front(*it);
    room.tail.bytes += size;
    tail_bytes_ += size;
  }
  enforce_tail_limit();
}

void RoomTable::trim_tail(Room& room) {
  while (room.tail.entries.size() > kTailEntries ||
         (room.tail.bytes > kTailBytes && room.tail.entries.size() > 1)) {
    const std::size_t size = room.tail.entries.front().body.size() + sizeof(LogEntry);
    room.tail.entries.pop_front();
    room.tail.bytes -= size;
    tail_bytes_ -= size;
  }
}

void RoomTable::drop_tail(Room& room) {
  if (!room.tail_use) return;
  tail_order_.erase(*room.tail_use);
  room.tail_use.reset();
  tail_bytes_ -= room.tail.bytes;
  room.tail = {};
}

void RoomTable::enforce_tail_limit() {
  while (tail_bytes_ > tail_limit_ && tail_order_.size() > 1) drop_tail(*tail_order_.back());
}

}  // namespace conclave::chat
