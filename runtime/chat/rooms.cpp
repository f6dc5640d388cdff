#include "runtime/chat/rooms.hpp"

#include <algorithm>

#include "runtime/base/encoding.hpp"
#include "runtime/chat/core.hpp"
#include "runtime/chat/errors.hpp"

namespace conclave::chat {
namespace {

using Kind = Control::Kind;

constexpr std::size_t kNameBytes = 512;
constexpr std::size_t kTopicBytes = 4'096;
constexpr std::size_t kReasonBytes = 2'048;
constexpr std::size_t kInvitesAtOnce = 200;

Control control_of(Kind kind, std::vector<UserId> users = {}, std::string reason = {}) {
  Control out;
  out.kind = kind;
  out.users = std::move(users);
  out.reason = std::move(reason);
  return out;
}

Result<void> check_line(std::string_view text, std::size_t limit, const char* what) {
  if (text.size() > limit || !base::is_utf8(text)) return fail(kParamsInvalid, what);
  return {};
}

Task<Result<WriteReceipt>> submit(Core& core, identity::Actor actor, RoomId room, Control control) {
  if (auto good = check_line(control.reason, kReasonBytes, "reason"); !good) {
    co_return std::unexpected(good.error());
  }
  co_return co_await async::await_callback<WriteReceipt>(
      [&](auto done) { core.submit_control(actor, room, std::move(control), std::move(done)); });
}

Task<Result<void>> change(Core& core, identity::Actor actor, RoomId room, Control control) {
  const auto receipt = co_await submit(core, actor, room, std::move(control));
  if (!receipt) co_return std::unexpected(receipt.error());
  co_return Result<void>{};
}

// The room as the actor sees it afterwards.
Task<Result<RoomView>> change_and_view(Core& core, identity::Actor actor, RoomId room,
                                       Control control) {
  const auto receipt = co_await submit(core, actor, room, std::move(control));
  if (!receipt) co_return std::unexpected(receipt.error());
  const RoomPtr found = core.rooms.find({actor.tenant, receipt->room});
  if (!found) co_return fail(kRoomNotFound);
  co_return core.view(*found, actor.user);
}

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

Task<Result<RoomView>> Rooms::create(identity::Actor actor, CreateRoom params) {
  CONCLAVE_CO_TRY(check_line(params.name, kNameBytes, "name"));
  CONCLAVE_CO_TRY(check_line(params.topic, kTopicBytes, "topic"));
  if (params.invite.size() > kInvitesAtOnce) co_return fail(kParamsInvalid, "invite");
  Control control = control_of(Kind::create);
  control.creation = std::move(params);
  co_return co_await change_and_view(core_, actor, {}, std::move(control));
}

Task<Result<RoomView>> Rooms::direct(identity::Actor actor, UserId other) {
  std::vector<UserId> users(1, other);
  co_return co_await change_and_view(core_, actor, {}, control_of(Kind::direct, std::move(users)));
}

Result<RoomView> Rooms::view(const identity::Actor& actor, RoomId room) const {
  const RoomPtr found = core_.rooms.find({actor.tenant, room});
  if (!found || (!found->stored && !found->removed) || found->member(actor.user) == nullptr) {
    return fail(kRoomNotFound);
  }
  return core_.view(*found, actor.user);
}

Result<RoomView> Rooms::get(const identity::Actor& actor, RoomId room) const {
  auto out = view(actor, room);
  if (out && !is_in(out->state)) return fail(kRoomNotFound);
  return out;
}

RoomPage Rooms::list(const identity::Actor& actor, RoomId after, std::size_t limit) const {
  std::vector<RoomPtr> mine;
  for (const RoomPtr& room : core_.rooms.of_user({actor.tenant, actor.user})) {
    if (room->id > after && is_in(room->standing(actor.user).state)) mine.push_back(room);
  }
  std::ranges::sort(mine, {}, [](const RoomPtr& room) { return room->id; });
  limit = std::clamp<std::size_t>(limit, 1, core_.parts.limits.page_entries);
  RoomPage page;
  for (const RoomPtr& room : mine) {
    if (page.rooms.size() == limit) {
      page.next = page.rooms.back().room;
      break;
    }
    page.rooms.push_back(core_.view(*room, actor.user));
  }
  return page;
}

std::vector<RoomCard> Rooms::find(const identity::Actor& actor, std::string query,
                                  std::size_t limit) const {
  std::vector<RoomCard> out;
  if (actor.roles.has(identity::Role::guest)) return out;
  const std::string wanted = folded(query);
  for (const RoomPtr& room : core_.rooms.of_tenant(actor.tenant)) {
    if (out.size() == limit) break;
    if (room->removed || !room->stored || room->power.join != JoinRule::open ||
        room->power.kind != RoomKind::room) {
      continue;
    }
    const MemberState state = room->standing(actor.user).state;
    if (state == MemberState::banned) continue;
    if (folded(room->profile.name).find(wanted) == std::string::npos) continue;
    out.push_back({room->id, room->profile.name, room->profile.topic, room->joined,
                   state == MemberState::joined});
  }
  return out;
}

Result<MemberPage> Rooms::members(const identity::Actor& actor, RoomId room_id, UserId after,
                                  std::size_t limit) const {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) return std::unexpected(room.error());
  const Permissions& may = (*room)->power.permissions;
  const bool sees_banned = (*room)->standing(actor.user).role >= may.ban;
  limit = std::clamp<std::size_t>(limit, 1, core_.parts.limits.page_entries);
  MemberPage page;
  const auto& members = (*room)->members;
  for (auto it = members.upper_bound(after); it != members.end(); ++it) {
    const auto& [user, member] = *it;
    const MemberState state = member.standing.state;
    if (!is_in(state) && !(sees_banned && state == MemberState::banned)) continue;
    if (page.members.size() == limit) {
      page.next = page.members.back().user;
      break;
    }
    page.members.push_back({user, member.standing.role, state, member.changed_ms});
  }
  return page;
}

Task<Result<void>> Rooms::invite(identity::Actor actor, RoomId room, std::vector<UserId> users) {
  if (users.empty() || users.size() > kInvitesAtOnce) co_return fail(kParamsInvalid, "users");
  co_return co_await change(core_, actor, room, control_of(Kind::invite, std::move(users)));
}

Task<Result<RoomView>> Rooms::accept(identity::Actor actor, RoomId room) {
  co_return co_await change_and_view(core_, actor, room, control_of(Kind::accept));
}

Task<Result<void>> Rooms::decline(identity::Actor actor, RoomId room) {
  co_return co_await change(core_, actor, room, control_of(Kind::decline));
}

Task<Result<RoomView>> Rooms::join(identity::Actor actor, RoomId room) {
  co_return co_await change_and_view(core_, actor, room, control_of(Kind::join));
}

Task<Result<void>> Rooms::leave(identity::Actor actor, RoomId room) {
  co_return co_await change(core_, actor, room, control_of(Kind::leave));
}

Task<Result<void>> Rooms::kick(identity::Actor actor, RoomId room, UserId user,
                               std::string reason) {
  std::vector<UserId> users(1, user);
  co_return co_await change(core_, actor, room,
                            control_of(Kind::kick, std::move(users), std::move(reason)));
}

Task<Result<void>> Rooms::ban(identity::Actor actor, RoomId room, UserId user, std::string reason) {
  std::vector<UserId> users(1, user);
  co_return co_await change(core_, actor, room,
                            control_of(Kind::ban, std::move(users), std::move(reason)));
}

Task<Result<void>> Rooms::unban(identity::Actor actor, RoomId room, UserId user) {
  std::vector<UserId> users(1, user);
  co_return co_await change(core_, actor, room, control_of(Kind::unban, std::move(users)));
}

Task<Result<void>> Rooms::set_role(identity::Actor actor, RoomId room, UserId user, RoomRole role) {
  std::vector<UserId> users(1, user);
  Control control = control_of(Kind::set_role, std::move(users));
  control.role = role;
  co_return co_await change(core_, actor, room, std::move(control));
}

Task<Result<RoomView>> Rooms::set_profile(identity::Actor actor, RoomId room, SetProfile params) {
  CONCLAVE_CO_TRY(check_line(params.name.value_or(""), kNameBytes, "name"));
  CONCLAVE_CO_TRY(check_line(params.topic.value_or(""), kTopicBytes, "topic"));
  Control control = control_of(Kind::set_profile);
  control.profile = std::move(params);
  co_return co_await change_and_view(core_, actor, room, std::move(control));
}

Task<Result<RoomView>> Rooms::set_permissions(identity::Actor actor, RoomId room,
                                              PermissionChange params) {
  Control control = control_of(Kind::set_permissions);
  control.permissions = params;
  co_return co_await change_and_view(core_, actor, room, std::move(control));
}

Task<Result<void>> Rooms::remove(identity::Actor actor, RoomId room) {
  co_return co_await change(core_, actor, room, control_of(Kind::remove));
}

}  // namespace conclave::chat
