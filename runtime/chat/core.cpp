#include "runtime/chat/core.hpp"

#include <algorithm>

#include "runtime/chat/errors.hpp"
#include "runtime/chat/power_rows.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::chat {

Core::Core(Parts given)
    : parts(given),
      rooms(parts.hub, parts.limits.tail_cache_bytes),
      content_keys(parts.keys),
      reader(parts.store, content_keys, rooms, parts.users),
      planner(rooms, parts.users, parts.random, parts.limits),
      sealer(
          {parts.store, parts.keys, content_keys, reader, parts.clock, parts.random, parts.limits}),
      tasks(parts.executor),
      mentions(parts.store, rooms),
      marks({rooms, parts.hub, parts.ledger, parts.executor, parts.limits}),
      typing(rooms, parts.hub, parts.clock, parts.limits.typing_expiry_ms, parts.executor),
      pipeline({planner, sealer, rooms, devices, parts.ledger, tasks, parts.clock, parts.metrics,
                parts.limits, parts.gate},
               [this](Batch& batch) { apply(batch); }),
      alarms_total_(parts.metrics.counter("conclave_chat_alarms_total",
                                          "Rows about rooms and members whose MAC is wrong.")),
      join_timer_(parts.executor, [this] {
        for (auto& op : std::exchange(held_joins_, {})) pipeline.submit(std::move(op));
      }) {
  rooms.on_opened = [this](sync::Subscriber& subscriber) {
    const auto& actor = subscriber.actor;
    subscriber.through_pos = parts.ledger.visible(actor.tenant);
    tasks.spawn(mentions.load({actor.tenant, actor.user}));
  };
  rooms.on_closing = [this](sync::Subscriber& subscriber) {
    const auto& actor = subscriber.actor;
    if (parts.hub.sessions_of(actor.tenant, actor.user).size() <= 1) {
      mentions.forget({actor.tenant, actor.user});
    }
  };
}

Core::~Core() = default;

Result<RoomPtr> Core::joined_room(const identity::Actor& actor, RoomId room) const {
  RoomPtr found = rooms.find({actor.tenant, room});
  if (!found || found->removed || found->standing(actor.user).state != MemberState::joined) {
    return fail(kRoomNotFound);
  }
  return found;
}

void Core::submit_control(const identity::Actor& actor, RoomId room, Control control,
                          Callback<WriteReceipt> done) {
  auto op = std::make_unique<Op>();
  op->actor = actor;
  op->room = room;
  op->waiters.push_back(std::move(done));
  const bool joins = control.kind == Control::Kind::join || control.kind == Control::Kind::accept;
  op->control = std::make_unique<Control>(std::move(control));
  if (stopping_) return op->answer(fail(base::kShuttingDown));
  if (joins) {
    const std::int64_t now_ms = parts.clock.monotonic_ms();
    if (last_join_ms_.size() > 1'000) last_join_ms_.clear();
    const auto [last, first] = last_join_ms_.try_emplace({actor.tenant, room}, now_ms);
    if (!first && now_ms - last->second < parts.limits.join_coalesce_ms) {
      held_joins_.push_back(std::move(op));
      join_timer_.arm(parts.limits.join_coalesce_ms);
      return;
    }
    last->second = now_ms;
  }
  pipeline.submit(std::move(op));
}

void Core::apply(Batch& batch) {
  for (RoomWork& work : batch.rooms) apply_room(work);
  for (RoomWork& work : batch.rooms) {
    publish(work);
    if (work.removed) drop_room(work);
  }
}

void Core::apply_room(RoomWork& work) {
  Room& room = *work.room;
  if (work.created) room.stored = true;
  if (work.power) {
    room.power = *work.power;
    room.power_mac = work.power_mac;
    if (room.projected.power && room.projected.power->version == room.power.version) {
      room.projected.power.reset();
    }
  }
  if (work.profile) {
    room.profile = *work.profile;
    room.profile_sealed = work.profile_sealed;
    if (room.projected.profile && room.projected.profile->version == room.profile.version) {
      room.projected.profile.reset();
    }
  }
  for (const MemberChange& change : work.members) {
    const Member* const before = room.member(change.user);
    Member after = before == nullptr ? Member{} : *before;
    apply_change(work, change, after);
    Member& member = rooms.set_member(work.room, change.user, change.next);
    member = after;
    const auto projected = room.projected.standings.find(change.user);
    if (projected != room.projected.standings.end() &&
        projected->second.version == change.next.version) {
      room.projected.standings.erase(projected);
    }
  }
  if (!work.redacted.empty()) {
    ++room.redactions;
    rooms.drop_tail(room);
  }
  if (!work.entries.empty()) apply_entries(work);
  if (work.removed) room.removed = true;
}

void Core::apply_entries(RoomWork& work) {
  Room& room = *work.room;
  room.head_seq = work.entries.back().seq;
  room.head_n = work.entries.back().n;
  room.head_pos = work.head_pos;
  room.last_all_seq = work.last_all_seq;
  for (std::size_t i = 0; i < work.entries.size(); ++i) {
    const LogEntry& entry = work.entries[i];
    rooms.append_tail(room, entry);
    if (entry.kind != EntryKind::message) continue;
    // Whoever writes has read what stands above.
    marks.raise_read(work.room, entry.author, entry.seq, entry.n, false);
    mentions.read({room.tenant, entry.author}, room.id, entry.seq);
    for (const UserId user : work.extras[i].mentions) {
      if (user != entry.author && is_in(room.standing(user).state)) {
        mentions.add({room.tenant, user}, room.id, entry.seq);
      }
    }
  }
}

void Core::publish(RoomWork& work) {
  const Room& room = *work.room;
  const sync::RoomUpdated updated{room.id, work.head_pos};
  std::vector<UserId> told;
  if (work.removed || work.power || work.profile) {
    for (const auto& [user, member] : room.members) {
      if (is_in(member.standing.state)) told.push_back(user);
    }
  }
  for (const MemberChange& change : work.members) told.push_back(change.user);
  std::ranges::sort(told);
  told.erase(std::ranges::unique(told).begin(), told.end());
  std::vector<sync::Subscriber*> receivers;
  for (const UserId user : told) {
    const auto sessions = parts.hub.sessions_of(room.tenant, user);
    receivers.insert(receivers.end(), sessions.begin(), sessions.end());
  }
  parts.hub.publish(updated, receivers);
  if (work.entries.empty() || room.audience.empty()) return;
  parts.hub.publish(sync::RoomEntries{room.id, work.head_pos, std::move(work.entries)},
                    room.audience);
}

void Core::drop_room(RoomWork& work) {
  const RoomPtr room = work.room;
  rooms.drop_tail(*room);
  room->audience.clear();
  room->profile = {};
  std::vector<UserId> users;
  for (const auto& [user, member] : room->members) users.push_back(user);
  for (const UserId user : users) {
    Member tombstone;
    tombstone.standing = {RoomRole::none, MemberState::left, room->standing(user).version + 1};
    tombstone.pos = work.head_pos;
    tombstone.changed_ms = work.removed_ms;
    rooms.set_member(room, user, tombstone.standing) = tombstone;
  }
  rooms.forget_direct(*room);
  content_keys.forget_room(room->key());
  tasks.spawn(parts.eraser.erase(parts.eraser.room(room->tenant, room->id)));
}

Task<void> Core::upkeep() {
  if (!started || stopping_) co_return;
  if (parts.clock.monotonic_ms() - expired_ms_ < parts.limits.expiry_interval_ms) co_return;
  co_await expire_tombstones();
}

// A ban is no tombstone: it lasts. What memory still holds of the others does no harm; devices
// whose cursor is older start over.
Task<void> Core::expire_tombstones() {
  expired_ms_ = parts.clock.monotonic_ms();
  const auto number = [](MemberState state) { return static_cast<std::uint8_t>(state); };
  const std::vector<std::uint8_t> ended{number(MemberState::left), number(MemberState::declined),
                                        number(MemberState::kicked)};
  store::Transaction transaction;
  for (const TenantId tenant : rooms.tenants()) {
    transaction.push_back(
        store::ExpireTombstones{tenant, parts.clock.utc_ms() - parts.limits.tombstone_ms, ended});
  }
  if (transaction.empty()) co_return;
  const auto stored = co_await async::await_callback<void>(
      [&](auto done) { parts.store.commit(std::move(transaction), std::move(done)); });
  const auto horizon = co_await async::await_callback<store::ExpiredPositions>(
      [&](auto done) { parts.store.read_expired_pos(std::move(done)); });
  if (!stored || !horizon) {
    observe::warn("tombstones.not_expired",
                  {{"error", !stored ? stored.error() : horizon.error()}});
    co_return;
  }
  for (const auto& [tenant, pos] : *horizon) expired_pos[tenant] = pos;
}

Task<void> Core::stop() {
  stopping_ = true;
  join_timer_.cancel();
  for (auto& op : std::exchange(held_joins_, {})) op->answer(fail(base::kShuttingDown));
  (void)co_await async::await_callback<void>([&](auto done) {
    auto held = std::make_shared<Callback<void>>(std::move(done));  // the callee copies
    pipeline.drain([held] { (*held)({}); });
  });
  (void)co_await async::await_callback<void>([&](auto done) {
    auto held = std::make_shared<Callback<void>>(std::move(done));  // the callee copies
    marks.flush([held] { (*held)({}); });
  });
  if (started) co_await expire_tombstones();
  (void)co_await async::await_callback<void>([&](auto done) {
    auto held = std::make_shared<Callback<void>>(std::move(done));  // the callee copies
    tasks.close([held] { (*held)({}); });
  });
}

}  // namespace conclave::chat
