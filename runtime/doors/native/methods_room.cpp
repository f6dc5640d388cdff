#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"

namespace conclave::doors::native {
namespace {

Text room_text(Result<chat::RoomView> room) {
  if (!room) return std::unexpected(std::move(room).error());
  return object_of(*room);
}

chat::JoinRule join_of(std::optional<protocol::JoinRule> rule) {
  return rule == protocol::JoinRule::open ? chat::JoinRule::open : chat::JoinRule::invite;
}

chat::RoomRole role_of(protocol::RoomRole role) {
  switch (role) {
    case protocol::RoomRole::read_only:
      return chat::RoomRole::read_only;
    case protocol::RoomRole::member:
      return chat::RoomRole::member;
    case protocol::RoomRole::moderator:
      return chat::RoomRole::moderator;
    case protocol::RoomRole::owner:
      return chat::RoomRole::owner;
  }
  return chat::RoomRole::member;
}

std::optional<chat::RoomRole> role_of(std::optional<protocol::RoomRole> role) {
  if (!role) return std::nullopt;
  return role_of(*role);
}

}  // namespace

Task<Text> Methods::perform(Call call, protocol::RoomCreate params) {
  chat::CreateRoom room{.name = std::move(params.name).value_or(""),
                        .topic = std::move(params.topic).value_or(""),
                        .join = join_of(params.join),
                        .invite = std::move(params.invite)};
  co_return room_text(co_await domain_.chat.rooms().create(call.actor(), std::move(room)));
}

Task<Text> Methods::perform(Call call, protocol::RoomDirect params) {
  co_return room_text(co_await domain_.chat.rooms().direct(call.actor(), params.user));
}

Text Methods::perform(const Call& call, protocol::RoomGet params) {
  return room_text(domain_.chat.rooms().get(call.actor(), params.room));
}

Text Methods::perform(const Call& call, protocol::RoomList params) {
  const chat::RoomPage page = domain_.chat.rooms().list(
      call.actor(), params.after.value_or(RoomId{}), params.limit.value_or(kDefaultPage));
  JsonText json(512 * (1 + page.rooms.size()));
  json.open();
  append_all(json, "rooms", page.rooms);
  if (page.next) json.field("next", *page.next);
  json.close();
  return json.take();
}

Text Methods::perform(const Call& call, protocol::RoomFind params) {
  const auto cards = domain_.chat.rooms().find(call.actor(), std::move(params.query),
                                               params.limit.value_or(kDefaultPage));
  JsonText json(128 * (1 + cards.size()));
  json.open();
  append_all(json, "rooms", cards);
  json.close();
  return json.take();
}

Text Methods::perform(const Call& call, protocol::RoomMembers params) {
  const auto page =
      domain_.chat.rooms().members(call.actor(), params.room, params.after.value_or(UserId{}),
                                   params.limit.value_or(kDefaultPage));
  if (!page) return std::unexpected(page.error());
  JsonText json(128 * (1 + page->members.size()));
  json.open();
  append_all(json, "members", page->members);
  if (page->next) json.field("next", *page->next);
  json.close();
  return json.take();
}

Task<Text> Methods::perform(Call call, protocol::RoomInvite params) {
  co_return empty_object(
      co_await domain_.chat.rooms().invite(call.actor(), params.room, std::move(params.users)));
}

Task<Text> Methods::perform(Call call, protocol::RoomAccept params) {
  co_return room_text(co_await domain_.chat.rooms().accept(call.actor(), params.room));
}

Task<Text> Methods::perform(Call call, protocol::RoomDecline params) {
  co_return empty_object(co_await domain_.chat.rooms().decline(call.actor(), params.room));
}

Task<Text> Methods::perform(Call call, protocol::RoomJoin params) {
  co_return room_text(co_await domain_.chat.rooms().join(call.actor(), params.room));
}

Task<Text> Methods::perform(Call call, protocol::RoomLeave params) {
  co_return empty_object(co_await domain_.chat.rooms().leave(call.actor(), params.room));
}

Task<Text> Methods::perform(Call call, protocol::RoomKick params) {
  co_return empty_object(co_await domain_.chat.rooms().kick(call.actor(), params.room, params.user,
                                                            std::move(params.reason).value_or("")));
}

Task<Text> Methods::perform(Call call, protocol::RoomBan params) {
  co_return empty_object(co_await domain_.chat.rooms().ban(call.actor(), params.room, params.user,
                                                           std::move(params.reason).value_or("")));
}

Task<Text> Methods::perform(Call call, protocol::RoomUnban params) {
  co_return empty_object(
      co_await domain_.chat.rooms().unban(call.actor(), params.room, params.user));
}

Task<Text> Methods::perform(Call call, protocol::RoomSetRole params) {
  co_return empty_object(co_await domain_.chat.rooms().set_role(call.actor(), params.room,
                                                                params.user, role_of(params.role)));
}

Task<Text> Methods::perform(Call call, protocol::RoomSetProfile params) {
  chat::SetProfile profile{.name = std::move(params.name), .topic = std::move(params.topic)};
  co_return room_text(
      co_await domain_.chat.rooms().set_profile(call.actor(), params.room, std::move(profile)));
}

Task<Text> Methods::perform(Call call, protocol::RoomSetPermissions params) {
  const protocol::PermissionChanges& wanted = params.permissions;
  chat::PermissionChange change;
  change.send = role_of(wanted.send);
  change.mention_all = role_of(wanted.mention_all);
  change.pin = role_of(wanted.pin);
  change.redact = role_of(wanted.redact);
  change.invite = role_of(wanted.invite);
  change.kick = role_of(wanted.kick);
  change.ban = role_of(wanted.ban);
  change.profile = role_of(wanted.profile);
  co_return room_text(
      co_await domain_.chat.rooms().set_permissions(call.actor(), params.room, change));
}

Task<Text> Methods::perform(Call call, protocol::RoomDelete params) {
  co_return empty_object(co_await domain_.chat.rooms().remove(call.actor(), params.room));
}

}  // namespace conclave::doors::native
