#include "runtime/chat/types.hpp"

namespace conclave::chat {

std::string_view to_text(RoomKind kind) {
  return kind == RoomKind::direct ? "direct" : "room";
}

std::string_view to_text(JoinRule rule) {
  return rule == JoinRule::open ? "open" : "invite";
}

std::string_view to_text(RoomRole role) {
  switch (role) {
    case RoomRole::none:
      return "none";
    case RoomRole::read_only:
      return "read_only";
    case RoomRole::member:
      return "member";
    case RoomRole::moderator:
      return "moderator";
    case RoomRole::owner:
      return "owner";
  }
  return "none";
}

std::string_view to_text(MemberState state) {
  switch (state) {
    case MemberState::none:
      return "none";
    case MemberState::invited:
      return "invited";
    case MemberState::joined:
      return "joined";
    case MemberState::left:
      return "left";
    case MemberState::banned:
      return "banned";
    case MemberState::declined:
      return "declined";
    case MemberState::kicked:
      return "kicked";
  }
  return "none";
}

std::string_view to_text(EntryKind kind) {
  switch (kind) {
    case EntryKind::message:
      return "message";
    case EntryKind::edit:
      return "edit";
    case EntryKind::redaction:
      return "redaction";
    case EntryKind::reaction:
      return "reaction";
    case EntryKind::unreaction:
      return "unreaction";
    case EntryKind::pin:
      return "pin";
    case EntryKind::unpin:
      return "unpin";
    case EntryKind::membership:
      return "membership";
    case EntryKind::profile:
      return "profile";
    case EntryKind::thread:
      return "thread";
  }
  return "unknown";
}

std::optional<JoinRule> parse_join_rule(std::string_view text) {
  for (const JoinRule rule : {JoinRule::invite, JoinRule::open}) {
    if (text == to_text(rule)) return rule;
  }
  return std::nullopt;
}

std::optional<RoomRole> parse_room_role(std::string_view text) {
  for (const RoomRole role :
       {RoomRole::read_only, RoomRole::member, RoomRole::moderator, RoomRole::owner}) {
    if (text == to_text(role)) return role;
  }
  return std::nullopt;
}

}  // namespace conclave::chat
