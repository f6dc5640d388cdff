#include "runtime/doors/native/views.hpp"

#include "runtime/base/encoding.hpp"

namespace conclave::doors::native {
namespace {

// The domain's "none" is about nobody's role; to clients it is the least one.
std::string_view role_text(chat::RoomRole role) {
  return chat::to_text(role == chat::RoomRole::none ? chat::RoomRole::read_only : role);
}

void append_permissions(JsonText& json, const chat::Permissions& permissions) {
  json.open("permissions");
  json.field("send", chat::to_text(permissions.send));
  json.field("mention_all", chat::to_text(permissions.mention_all));
  json.field("pin", chat::to_text(permissions.pin));
  json.field("redact", chat::to_text(permissions.redact));
  json.field("invite", chat::to_text(permissions.invite));
  json.field("kick", chat::to_text(permissions.kick));
  json.field("ban", chat::to_text(permissions.ban));
  json.field("profile", chat::to_text(permissions.profile));
  json.close();
}

// What comes before an entry's body, of every kind.
void append_head(JsonText& json, const chat::LogEntry& entry) {
  json.field("seq", entry.seq).field("n", entry.n).field("ts_ms", entry.ts_ms);
  json.field("kind", chat::to_text(entry.kind)).field("author", entry.author);
  // A message's target is its thread, which its body names.
  if (entry.target != 0 && entry.kind != chat::EntryKind::message)
    json.field("target", entry.target);
}

void append_body(JsonText& json, const chat::LogEntry& entry) {
  json.field_raw("body", entry.body.empty() ? std::string_view("{}") : entry.body);
}

void append_reactions(JsonText& json, const std::vector<chat::Reaction>& reactions) {
  json.open_list("reactions");
  for (const chat::Reaction& reaction : reactions) {
    json.open().field("emoji", reaction.emoji).field("count", reaction.count);
    append_items(json, "users", reaction.users);
    json.field("own", reaction.own).close();
  }
  json.close_list();
}

}  // namespace

bool is_out(const chat::RoomView& room) {
  return room.state != chat::MemberState::invited && room.state != chat::MemberState::joined;
}

void append_left(JsonText& json, RoomId room) {
  json.open().field("room", room).field("left", true).close();
}

void append_room_members(JsonText& json, const chat::RoomView& room) {
  json.field("room", room.room).field("kind", chat::to_text(room.kind));
  json.field("name", room.name).field("topic", room.topic);
  json.field("join", chat::to_text(room.join)).field("role", role_text(room.role));
  json.field("state", chat::to_text(room.state)).field("members", room.members);
  if (room.peer) json.field("peer", *room.peer);
  json.field("head_seq", room.head_seq).field("head_n", room.head_n);
  json.field("read_seq", room.read_seq).field("unread", room.unread);
  json.field("mentions", room.mentions).field("last_all_seq", room.last_all_seq);
  append_permissions(json, room.permissions);
}

void append(JsonText& json, const chat::RoomView& room) {
  json.open();
  append_room_members(json, room);
  json.close();
}

void append(JsonText& json, const chat::RoomCard& card) {
  json.open().field("room", card.room).field("name", card.name).field("topic", card.topic);
  json.field("members", card.members).field("joined", card.joined).close();
}

void append(JsonText& json, const chat::MemberView& member) {
  json.open().field("user", member.user).field("role", role_text(member.role));
  json.field("state", chat::to_text(member.state)).field("since_ms", member.since_ms).close();
}

void append(JsonText& json, const chat::LogEntry& entry) {
  json.open();
  append_head(json, entry);
  append_body(json, entry);
  json.close();
}

void append(JsonText& json, const chat::FoldedEntry& folded) {
  json.open();
  append_head(json, folded.entry);
  if (folded.unreadable) {
    json.field("unreadable", true).close();
    return;
  }
  append_body(json, folded.entry);
  if (folded.edited) {
    json.open("edited")
        .field("seq", folded.edited->seq)
        .field("ts_ms", folded.edited->ts_ms)
        .close();
  }
  if (folded.redacted) {
    json.open("redacted").field("by", folded.redacted->by);
    json.field("ts_ms", folded.redacted->ts_ms).close();
  }
  if (!folded.reactions.empty()) append_reactions(json, folded.reactions);
  json.close();
}

void append(JsonText& json, const chat::ReceiptView& receipt) {
  json.open().field("user", receipt.user).field("read_seq", receipt.read_seq);
  json.field("delivered_seq", receipt.delivered_seq).close();
}

void append(JsonText& json, const identity::DeviceView& device, const whereabouts::Stay& stay) {
  json.open().field("device", device.device).field("name", device.name);
  json.field("platform", device.platform).field("created_ms", device.created_ms);
  json.field("last_active_ms", device.last_active_ms).field("online", device.online);
  json.field("current", device.current).field("address", device.address);
  json.field("primary", device.primary).field("place", stay.place);
  if (!stay.country.empty()) json.field("country", stay.country);
  if (stay.as_number != 0) json.field("as_number", stay.as_number);
  if (stay.access != policy::Access::unknown) json.field("access", policy::to_text(stay.access));
  json.close();
}

void append(JsonText& json, const admission::ApprovalView& request) {
  json.open().field("approval", request.approval).field("account", request.account);
  json.field("device_name", request.device_name).field("platform", request.platform);
  json.field("address", request.address).field("place", request.place);
  json.field("key", base::base64url_encode(request.key));
  json.field("nonce", base::base64url_encode(request.nonce_s));
  json.field("way", policy::to_text(request.way)).field("expires_ms", request.expires_ms).close();
}

void append(JsonText& json, const identity::UserView& user) {
  json.open().field("user", user.user).field("account", user.account);
  json.field("display_name", user.display_name);
  json.field("service", user.kind == identity::UserKind::service);
  json.field("active", user.state == identity::UserState::active).close();
}

void append(JsonText& json, const sync::PresenceState& presence) {
  json.open().field("user", presence.user).field("status", presence.status);
  json.field("text", presence.text).field("last_active_ms", presence.last_active_ms).close();
}

void append(JsonText& json, const presence::Contact& contact) {
  json.open().field("user", contact.user).field("state", presence::to_text(contact.state));
  json.field("direction", presence::to_text(contact.direction));
  if (contact.presence) {
    json.field_raw("presence", object_of(*contact.presence));
  }
  json.close();
}

}  // namespace conclave::doors::native
