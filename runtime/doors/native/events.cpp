#include "runtime/doors/native/events.hpp"

#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/envelope.hpp"
#include "runtime/doors/native/views.hpp"
#include "sdk/protocol/methods.hpp"

namespace conclave::doors::native {
namespace {

namespace name = sdk::protocol::event;

// Overloads write the members of one event; the visitor below names and frames it.
struct Writer {
  const chat::Feed& feed;

  std::string operator()(const sync::RoomEntries& event) const {
    std::size_t bytes = 256;
    for (const chat::LogEntry& entry : event.entries) bytes += entry.body.size() + 160;
    JsonText json(bytes);
    json.open().field("room", event.room).field("cursor", feed.cursor_at(event.pos));
    append_all(json, "entries", event.entries);
    return frame(name::kRoomEntries, json);
  }
  std::string operator()(const sync::RoomUpdated&) const { return {}; }
  std::string operator()(const sync::ReceiptChanged& event) const {
    JsonText json(192);
    json.open().field("room", event.room).field("user", event.user);
    json.field("read_seq", event.read_seq).field("delivered_seq", event.delivered_seq);
    if (event.own) json.field("unread", event.unread);
    return frame(name::kReceiptChanged, json);
  }
  std::string operator()(const sync::TypingChanged& event) const {
    JsonText json(128);
    json.open().field("room", event.room).field("user", event.user).field("active", event.active);
    return frame(name::kTypingChanged, json);
  }
  std::string operator()(const sync::PresenceChanged& event) const {
    JsonText json(64 + 128 * event.states.size());
    json.open();
    append_all(json, "presences", event.states);
    return frame(name::kPresenceChanged, json);
  }
  std::string operator()(const sync::PresenceRequested& event) const {
    JsonText json(64);
    json.open().field("user", event.from);
    return frame(name::kPresenceRequested, json);
  }
  std::string operator()(const sync::StateChanged& event) const {
    JsonText json(192 + event.value.size());
    json.open().field("key", event.key);
    if (!event.deleted) json.field_raw("value", event.value);
    json.field("deleted", event.deleted).field("cursor", feed.cursor_at(event.pos));
    return frame(name::kStateChanged, json);
  }
  std::string operator()(const sync::DeviceChanged& event) const {
    JsonText json(128);
    json.open();
    if (event.device) json.field("device", event.device);
    json.field("change", event.change).field("ts_ms", event.ts_ms);
    if (!event.reasons.empty()) json.field_raw("reasons", event.reasons);
    return frame(name::kDeviceChanged, json);
  }
  std::string operator()(const sync::ApprovalRequested& event) const {
    JsonText json(384);
    json.open().field("approval", event.approval).field("device_name", event.device_name);
    json.field("platform", event.platform).field("address", event.address);
    json.field("place", event.place).field("way", event.way);
    json.field("expires_ms", event.expires_ms);
    return frame(name::kApprovalRequested, json);
  }
  std::string operator()(const sync::ApprovalSettled& event) const {
    JsonText json(128);
    json.open().field("approval", event.approval).field("decision", event.decision);
    json.field("ts_ms", event.ts_ms);
    return frame(name::kApprovalSettled, json);
  }
  std::string operator()(const sync::DeviceOrder& event) const {
    JsonText json(768);
    json.open().field("order", event.order);
    json.field("document", base::base64url_encode(event.document));
    json.field("authority", hsm::api::to_text(event.authority));
    json.field("signature", base::base64url_encode(event.signature));
    return frame(name::kDeviceOrder, json);
  }
  std::string operator()(const sync::Lagged&) const { return event_frame(name::kSyncLagged, "{}"); }
  std::string operator()(const sync::Draining& event) const {
    JsonText json(64);
    json.open().field("reconnect_in_ms", event.reconnect_in_ms);
    return frame(name::kServerDraining, json);
  }

 private:
  static std::string frame(std::string_view event, JsonText& json) {
    json.close();
    return event_frame(event, json.take());
  }
};

}  // namespace

std::string frame_of(const sync::Event& event, const chat::Feed& feed) {
  return std::visit(Writer{feed}, event);
}

std::string room_updated_frame(const sync::RoomUpdated& event, const identity::Actor& receiver,
                               const chat::Rooms& rooms, const chat::Feed& feed) {
  JsonText json(640);
  json.open().field("cursor", feed.cursor_at(event.pos));
  const auto view = rooms.view(receiver, event.room);
  if (view && !is_out(*view)) {
    append_room_members(json, *view);
  } else {
    json.field("room", event.room).field("left", true);
  }
  json.close();
  return event_frame(name::kRoomUpdated, json.take());
}

bool is_control(const sync::Event& event) {
  return std::holds_alternative<sync::Lagged>(event) ||
         std::holds_alternative<sync::Draining>(event);
}

}  // namespace conclave::doors::native
