#include "runtime/chat/planner.hpp"

#include <algorithm>

#include "runtime/chat/body.hpp"
#include "runtime/chat/errors.hpp"

namespace conclave::chat {

using identity::Role;

Result<void> Planner::plan(Batch& batch, Op& op) {
  return op.control ? plan_control(batch, op) : plan_draft(batch, op);
}

RoomWork& Planner::work(Batch& batch, const RoomPtr& room) {
  if (room->projected.batch != batch.serial) {
    room->projected.batch = batch.serial;
    room->projected.slot = batch.rooms.size();
    batch.rooms.emplace_back();
    batch.rooms.back().room = room;
  }
  return batch.rooms[room->projected.slot];
}

void Planner::append(Batch& batch, RoomWork& work, Op& op, Draft draft) {
  Projection& projected = work.room->projected;
  ++projected.seq;
  if (draft.kind == EntryKind::message) ++projected.n;
  if (draft.mention_all) work.last_all_seq = projected.seq;
  batch.bytes += draft.body.size();
  ++batch.entries;
  op.place = {projected.slot, work.entries.size()};
  op.receipt.seq = projected.seq;
  op.receipt.n = projected.n;
  work.entries.push_back({projected.seq, projected.n, 0, draft.kind, op.actor.user, draft.target,
                          std::move(draft.body)});
  work.extras.push_back({std::move(draft.mentions), draft.mention_all, std::move(draft.emoji), 0});
}

Result<void> Planner::plan_draft(Batch& batch, Op& op) {
  const RoomPtr room = rooms_.find({op.actor.tenant, op.room});
  if (!room || !room->stored || room->removed || room->projected.removed) {
    return fail(kRoomNotFound);
  }
  const Standing standing = room->projected_standing(op.actor.user);
  if (standing.state != MemberState::joined) return fail(kRoomNotFound);
  if (auto good = check_draft(*room, op, standing.role); !good) return good;
  RoomWork& room_work = work(batch, room);
  const Draft& draft = op.draft;
  if (draft.kind == EntryKind::pin || draft.kind == EntryKind::unpin) plan_pin(room_work, draft);
  if (draft.kind == EntryKind::redaction) {
    room_work.redacted.push_back(draft.target);
    room->redacted.push_back(draft.target);
    if (room->redacted.size() > 256) room->redacted.pop_front();
  }
  append(batch, room_work, op, std::move(op.draft));
  op.receipt.room = room->id;
  return {};
}

Result<void> Planner::check_draft(const Room& room, const Op& op, RoomRole role) const {
  const Draft& draft = op.draft;
  const Permissions& may = room.projected_power().permissions;
  const bool gone =
      draft.target != 0 && std::ranges::find(room.redacted, draft.target) != room.redacted.end();
  const auto allow = [&](bool allowed) -> Result<void> {
    if (!allowed) return fail(kRoomDenied);
    return {};
  };
  switch (draft.kind) {
    case EntryKind::message:
      return allow(role >= may.send && (!draft.mention_all || role >= may.mention_all));
    case EntryKind::edit:
      if (gone) return fail(kMessageNotFound);
      return allow(role >= may.send && draft.target_author == op.actor.user);
    case EntryKind::redaction:
      if (gone) return fail(kMessageNotFound);
      return allow(draft.target_author == op.actor.user || role >= may.redact);
    case EntryKind::reaction:
    case EntryKind::unreaction:
      if (gone) return fail(kMessageNotFound);
      return allow(role >= may.send);
    case EntryKind::pin: {
      const auto& pins = room.projected_profile().pins;
      if (gone) return fail(kMessageNotFound);
      if (role >= may.pin && pins.size() >= limits_.pins) {
        return fail(kRoomDenied, "the room has as many pins as it may have");
      }
      return allow(role >= may.pin);
    }
    case EntryKind::unpin:
      return allow(role >= may.pin);
    default:
      return fail(kParamsInvalid, "kind");
  }
}

void Planner::plan_pin(RoomWork& room_work, const Draft& draft) {
  Profile profile = room_work.room->projected_profile();
  std::erase(profile.pins, draft.target);
  if (draft.kind == EntryKind::pin) profile.pins.push_back(draft.target);
  ++profile.version;
  room_work.profile = profile;
  room_work.room->projected.profile = std::move(profile);
}

bool Planner::exists(TenantId tenant, UserId user) const {
  return users_.roles_of(tenant, user).has_value();
}

bool Planner::is_guest(const identity::Actor& actor) const {
  return actor.roles.has(Role::guest);
}

RoomRole Planner::rank(const identity::Actor& actor, const Room& room) const {
  if (actor.roles.has(Role::room_admin) && room.projected_power().kind == RoomKind::room) {
    return RoomRole::owner;
  }
  const Standing standing = room.projected_standing(actor.user);
  return standing.state == MemberState::joined ? standing.role : RoomRole::none;
}

std::size_t Planner::rooms_of(TenantId tenant, UserId user) const {
  const auto& rooms = rooms_.of_user({tenant, user});
  return static_cast<std::size_t>(std::ranges::count_if(rooms, [&](const RoomPtr& room) {
    return !room->removed && is_in(room->projected_standing(user).state);
  }));
}

std::size_t Planner::projected_present(const Room& room) const {
  std::size_t out = room.present;
  for (const auto& [user, standing] : room.projected.standings) {
    const bool before = is_in(room.standing(user).state);
    if (is_in(standing.state) && !before) ++out;
    if (!is_in(standing.state) && before) --out;
  }
  return out;
}

std::size_t Planner::projected_owners(const Room& room) const {
  std::size_t out = 0;
  const auto counts = [](const Standing& standing) {
    return standing.state == MemberState::joined && standing.role == RoomRole::owner;
  };
  for (const auto& [user, member] : room.members) {
    if (counts(room.projected_standing(user))) ++out;
  }
  for (const auto& [user, standing] : room.projected.standings) {
    if (!room.members.contains(user) && counts(standing)) ++out;
  }
  return out;
}

RoomId Planner::new_room_id(TenantId tenant) {
  while (true) {
    const RoomId id{random_.id_value()};
    if (!rooms_.find({tenant, id})) return id;
  }
}

void Planner::set_standing(Batch& batch, Op& op, const RoomPtr& room, UserId user, RoomRole role,
                           MemberState state) {
  const Standing next{role, state, room->projected_standing(user).version + 1};
  RoomWork& room_work = work(batch, room);
  Draft draft;
  draft.kind = EntryKind::membership;
  draft.body = membership_body(user, next, op.control->reason);
  append(batch, room_work, op, std::move(draft));
  room_work.members.push_back({user, next, room_work.entries.size() - 1, {}});
  room->projected.standings[user] = next;
}

}  // namespace conclave::chat
