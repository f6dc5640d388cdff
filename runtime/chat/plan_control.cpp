#include <algorithm>

#include "runtime/chat/body.hpp"
#include "runtime/chat/errors.hpp"
#include "runtime/chat/planner.hpp"

// Rooms, membership, roles: what each change demands and does.
namespace conclave::chat {

using Kind = Control::Kind;

Result<void> Planner::plan_control(Batch& batch, Op& op) {
  const Kind kind = op.control->kind;
  if (kind == Kind::create) return create(batch, op);
  if (kind == Kind::direct) return direct(batch, op);
  const RoomPtr room = rooms_.find({op.actor.tenant, op.room});
  if (!room || !room->stored || room->removed || room->projected.removed) {
    return fail(kRoomNotFound);
  }
  op.receipt.room = room->id;
  const bool two = room->projected_power().kind == RoomKind::direct;
  switch (kind) {
    case Kind::accept:
    case Kind::join:
      return enter(batch, op, room);
    case Kind::leave:
    case Kind::decline:
      return depart(batch, op, room);
    default:
      break;
  }
  // Everything else is for those inside and for the tenant's room admins.
  const bool admin_removes =
      kind == Kind::remove && op.actor.roles.has(identity::Role::room_admin);
  if (!admin_removes && rank(op.actor, *room) == RoomRole::none) return fail(kRoomNotFound);
  if (kind == Kind::remove) return remove(batch, op, room);
  if (two) return fail(kRoomDenied, "direct conversations have two members and no profile");
  switch (kind) {
    case Kind::invite:
      return invite(batch, op, room);
    case Kind::kick:
    case Kind::ban:
    case Kind::unban:
      return expel(batch, op, room);
    case Kind::set_role:
      return set_role(batch, op, room);
    case Kind::set_profile:
      return set_profile(batch, op, room);
    default:
      return set_permissions(batch, op, room);
  }
}

RoomPtr Planner::begin_room(Batch& batch, Op& op, Power power) {
  power.creator = op.actor.user;
  power.version = 1;
  const RoomPtr room = rooms_.add({op.actor.tenant, new_room_id(op.actor.tenant)}, power);
  room->reset_projection();
  room->projected.power = power;
  RoomWork& room_work = work(batch, room);
  room_work.created = true;
  room_work.power = power;
  op.room = room->id;
  op.receipt.room = room->id;
  return room;
}

Result<void> Planner::create(Batch& batch, Op& op) {
  const CreateRoom& wish = op.control->creation;
  if (is_guest(op.actor)) return fail(kRoomDenied, "guests do not create rooms");
  if (rooms_of(op.actor.tenant, op.actor.user) >= limits_.rooms_per_user) {
    return fail(kTooManyRooms);
  }
  for (const UserId user : wish.invite) {
    if (!exists(op.actor.tenant, user)) return fail(kUserNotFound, base::to_text(user));
    if (rooms_of(op.actor.tenant, user) >= limits_.rooms_per_user) {
      return fail(kTooManyRooms, base::to_text(user));
    }
  }
  Power power;
  power.join = wish.join;
  const RoomPtr room = begin_room(batch, op, power);
  Profile profile{wish.name, wish.topic, {}, 1};
  room->projected.profile = profile;
  Draft draft;
  draft.kind = EntryKind::profile;
  draft.body = profile_body(profile);
  RoomWork& room_work = work(batch, room);
  room_work.profile = std::move(profile);
  append(batch, room_work, op, std::move(draft));
  set_standing(batch, op, room, op.actor.user, RoomRole::owner, MemberState::joined);
  for (const UserId user : wish.invite) {
    if (is_in(room->projected_standing(user).state)) continue;
    set_standing(batch, op, room, user, RoomRole::member, MemberState::invited);
  }
  return {};
}

Result<void> Planner::direct(Batch& batch, Op& op) {
  const UserId other = op.control->users.front();
  const TenantId tenant = op.actor.tenant;
  if (other == op.actor.user || !exists(tenant, other)) return fail(kUserNotFound);
  RoomPtr room = rooms_.direct(tenant, op.actor.user, other);
  if (!room) {
    if (is_guest(op.actor)) return fail(kRoomDenied, "guests do not begin conversations");
    for (const UserId user : {op.actor.user, other}) {
      if (rooms_of(tenant, user) >= limits_.rooms_per_user) return fail(kTooManyRooms);
    }
    Power power;
    power.kind = RoomKind::direct;
    power.peer = other;
    power.permissions.pin = RoomRole::member;
    power.permissions.mention_all = RoomRole::member;
    room = begin_room(batch, op, power);
  }
  op.room = room->id;
  op.receipt.room = room->id;
  for (const UserId user : {op.actor.user, other}) {
    if (room->projected_standing(user).state == MemberState::joined) continue;
    set_standing(batch, op, room, user, RoomRole::member, MemberState::joined);
  }
  return {};
}

Result<void> Planner::invite(Batch& batch, Op& op, const RoomPtr& room) {
  if (rank(op.actor, *room) < room->projected_power().permissions.invite) {
    return fail(kRoomDenied);
  }
  std::vector<UserId> wanted = op.control->users;
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  for (const UserId user : wanted) {
    if (!exists(op.actor.tenant, user)) return fail(kUserNotFound, base::to_text(user));
    if (room->projected_standing(user).state == MemberState::banned) {
      return fail(kRoomDenied, base::to_text(user) + " is banned");
    }
    if (rooms_of(op.actor.tenant, user) >= limits_.rooms_per_user) {
      return fail(kTooManyRooms, base::to_text(user));
    }
  }
  std::erase_if(wanted, [&](UserId user) { return is_in(room->projected_standing(user).state); });
  if (projected_present(*room) + wanted.size() > limits_.room_members) return fail(kRoomFull);
  for (const UserId user : wanted) {
    set_standing(batch, op, room, user, RoomRole::member, MemberState::invited);
  }
  return {};
}

Result<void> Planner::enter(Batch& batch, Op& op, const RoomPtr& room) {
  const Standing before = room->projected_standing(op.actor.user);
  if (before.state == MemberState::joined) return {};
  const bool invited = before.state == MemberState::invited;
  if (!invited) {
    const bool open = room->projected_power().kind == RoomKind::room &&
                      room->projected_power().join == JoinRule::open;
    if (op.control->kind == Kind::accept || !open || is_guest(op.actor)) {
      return fail(kRoomNotFound);
    }
    if (before.state == MemberState::banned) return fail(kRoomDenied);
    if (projected_present(*room) >= limits_.room_members) return fail(kRoomFull);
    if (rooms_of(op.actor.tenant, op.actor.user) >= limits_.rooms_per_user) {
      return fail(kTooManyRooms);
    }
  }
  const RoomRole role = invited ? before.role : RoomRole::member;
  set_standing(batch, op, room, op.actor.user, role, MemberState::joined);
  return {};
}

Result<void> Planner::depart(Batch& batch, Op& op, const RoomPtr& room) {
  const UserId user = op.actor.user;
  const Standing before = room->projected_standing(user);
  if (!is_in(before.state)) return fail(kRoomNotFound);
  if (before.state == MemberState::invited) {
    set_standing(batch, op, room, user, before.role, MemberState::declined);
    return {};
  }
  if (op.control->kind == Kind::decline) return fail(kRoomNotFound);
  const bool last_owner = before.role == RoomRole::owner && projected_owners(*room) == 1;
  set_standing(batch, op, room, user, RoomRole::member, MemberState::left);
  if (!last_owner) return {};
  // The room does not stay without an owner: the highest, then longest joined member follows.
  UserId heir;
  Standing best;
  std::int64_t since_ms = 0;
  for (const auto& [candidate, member] : room->members) {
    const Standing standing = room->projected_standing(candidate);
    if (standing.state != MemberState::joined) continue;
    if (!heir || standing.role > best.role ||
        (standing.role == best.role && member.changed_ms < since_ms)) {
      heir = candidate;
      best = standing;
      since_ms = member.changed_ms;
    }
  }
  if (heir) set_standing(batch, op, room, heir, RoomRole::owner, MemberState::joined);
  return {};
}

Result<void> Planner::expel(Batch& batch, Op& op, const RoomPtr& room) {
  const UserId user = op.control->users.front();
  const Permissions& may = room->projected_power().permissions;
  const RoomRole mine = rank(op.actor, *room);
  const Standing theirs = room->projected_standing(user);
  const Kind kind = op.control->kind;
  if (mine < (kind == Kind::kick ? may.kick : may.ban)) return fail(kRoomDenied);
  if (kind == Kind::unban) {
    if (theirs.state != MemberState::banned) return fail(kUserNotFound);
    set_standing(batch, op, room, user, RoomRole::member, MemberState::left);
    return {};
  }
  if (user == op.actor.user) return fail(kRoomDenied, "leave the room instead");
  const bool inside = is_in(theirs.state);
  if (inside && theirs.role >= mine && !op.actor.roles.has(identity::Role::room_admin)) {
    return fail(kRoomDenied);
  }
  if (kind == Kind::kick) {
    if (!inside) return fail(kUserNotFound);
    set_standing(batch, op, room, user, RoomRole::member, MemberState::kicked);
    return {};
  }
  if (!exists(op.actor.tenant, user)) return fail(kUserNotFound);
  if (theirs.state == MemberState::banned) return {};
  set_standing(batch, op, room, user, RoomRole::member, MemberState::banned);
  return {};
}

Result<void> Planner::set_role(Batch& batch, Op& op, const RoomPtr& room) {
  const UserId user = op.control->users.front();
  const Standing before = room->projected_standing(user);
  if (rank(op.actor, *room) != RoomRole::owner) return fail(kRoomDenied);
  if (!is_in(before.state)) return fail(kUserNotFound);
  const RoomRole role = op.control->role;
  if (role < RoomRole::read_only || role > RoomRole::owner) return fail(kParamsInvalid, "role");
  if (role == before.role) return {};
  if (before.state == MemberState::joined && before.role == RoomRole::owner &&
      projected_owners(*room) == 1) {
    return fail(kRoomDenied, "a room keeps an owner: name another one first");
  }
  set_standing(batch, op, room, user, role, before.state);
  return {};
}

Result<void> Planner::set_profile(Batch& batch, Op& op, const RoomPtr& room) {
  if (rank(op.actor, *room) < room->projected_power().permissions.profile) {
    return fail(kRoomDenied);
  }
  Profile profile = room->projected_profile();
  if (op.control->profile.name) profile.name = *op.control->profile.name;
  if (op.control->profile.topic) profile.topic = *op.control->profile.topic;
  ++profile.version;
  Draft draft;
  draft.kind = EntryKind::profile;
  draft.body = profile_body(profile);
  RoomWork& room_work = work(batch, room);
  room_work.profile = profile;
  room->projected.profile = std::move(profile);
  append(batch, room_work, op, std::move(draft));
  return {};
}

Result<void> Planner::set_permissions(Batch& batch, Op& op, const RoomPtr& room) {
  if (rank(op.actor, *room) != RoomRole::owner) return fail(kRoomDenied);
  Power power = room->projected_power();
  const PermissionChange& change = op.control->permissions;
  Permissions& may = power.permissions;
  const auto set = [](RoomRole& role, const std::optional<RoomRole>& value) {
    if (value) role = *value;
  };
  set(may.send, change.send);
  set(may.invite, change.invite);
  set(may.pin, change.pin);
  set(may.redact, change.redact);
  set(may.profile, change.profile);
  set(may.mention_all, change.mention_all);
  set(may.kick, change.kick);
  set(may.ban, change.ban);
  ++power.version;
  RoomWork& room_work = work(batch, room);
  room_work.power = power;
  room->projected.power = power;
  // The entry tells the room's devices, in the log's order, that something about it changed.
  Draft draft;
  draft.kind = EntryKind::profile;
  draft.body = profile_body(room->projected_profile());
  append(batch, room_work, op, std::move(draft));
  return {};
}

Result<void> Planner::remove(Batch& batch, Op& op, const RoomPtr& room) {
  const bool admin = op.actor.roles.has(identity::Role::room_admin);
  if (!admin && rank(op.actor, *room) != RoomRole::owner) return fail(kRoomDenied);
  work(batch, room).removed = true;
  room->projected.removed = true;
  return {};
}

}  // namespace conclave::chat
