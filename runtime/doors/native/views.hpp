#pragma once

#include "runtime/admission/approvals.hpp"
#include "runtime/chat/chat.hpp"
#include "runtime/doors/native/json_text.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/presence/presence.hpp"
#include "runtime/whereabouts/observation.hpp"

// The domain's values as the schema's types (sdk/protocol/schema/types.json). Each call appends one
// object, or, where it says members, the members of an object that the caller has opened.
namespace conclave::doors::native {

void append_room_members(JsonText& json, const chat::RoomView& room);
void append(JsonText& json, const chat::RoomView& room);
void append(JsonText& json, const chat::RoomCard& card);
void append(JsonText& json, const chat::MemberView& member);
void append(JsonText& json, const chat::LogEntry& entry);
void append(JsonText& json, const chat::FoldedEntry& entry);
void append(JsonText& json, const chat::ReceiptView& receipt);
void append(JsonText& json, const identity::DeviceView& device, const whereabouts::Stay& stay);
void append(JsonText& json, const admission::ApprovalView& request);
void append(JsonText& json, const identity::UserView& user);
void append(JsonText& json, const sync::PresenceState& presence);
void append(JsonText& json, const presence::Contact& contact);

// {"room":…,"left":true}
void append_left(JsonText& json, RoomId room);
[[nodiscard]] bool is_out(const chat::RoomView& room);

template <class Items>
void append_all(JsonText& json, std::string_view name, const Items& items) {
  json.open_list(name);
  for (const auto& item : items) append(json, item);
  json.close_list();
}
// Names and ids.
template <class Items>
void append_items(JsonText& json, std::string_view name, const Items& items) {
  json.open_list(name);
  for (const auto& item : items) json.item(item);
  json.close_list();
}

template <class View>
[[nodiscard]] std::string object_of(const View& view) {
  JsonText json(512);
  append(json, view);
  return json.take();
}

}  // namespace conclave::doors::native
