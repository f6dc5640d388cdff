#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "hsm/api/order.hpp"
#include "runtime/identity/actor.hpp"
#include "runtime/sync/log_entry.hpp"

// How the domain tells sessions what happened. The domain knows no door: it publishes typed events,
// and each door serialises an event once for all of its receivers.
namespace conclave::sync {

// ---- events -----------------------------------------------------------------------------------

struct RoomEntries {  // new entries of one room, in seq order, of one commit
  RoomId room;
  std::uint64_t pos = 0;
  std::vector<LogEntry> entries;
};
// A room appeared in or left the receiver's list, or its role or profile changed.
struct RoomUpdated {
  RoomId room;
  std::uint64_t pos = 0;
};
struct ReceiptChanged {
  RoomId room;
  UserId user;
  std::uint64_t read_seq = 0;
  std::uint64_t delivered_seq = 0;
  std::uint64_t unread = 0;  // for the user's own devices; others ignore it
  bool own = false;
};
struct TypingChanged {
  RoomId room;
  UserId user;
  bool active = false;
};
struct PresenceState {
  UserId user;
  std::string status;  // "online", "away", "busy", "offline"
  std::string text;
  std::int64_t last_active_ms = 0;
};
struct PresenceChanged {
  std::vector<PresenceState> states;
};
struct PresenceRequested {
  UserId from;
};
struct StateChanged {  // settings, drafts, mutes of the receiver's own user
  std::string key;
  std::string value;  // JSON text; empty when deleted
  bool deleted = false;
  std::uint64_t pos = 0;
};
struct DeviceChanged {  // about a device of the receiver's own user
  DeviceId device;
  std::string change;  // as the schema of device.changed lists them
  std::int64_t ts_ms = 0;
  std::string reasons;  // JSON array; empty: none
};
struct ApprovalRequested {  // a newcomer of the receiver's own user waits
  ApprovalId approval;
  std::string device_name;
  std::string platform;
  std::string address;
  std::string place;
  std::string way;
  std::int64_t expires_ms = 0;
};
struct ApprovalSettled {
  ApprovalId approval;
  std::string decision;  // "approve", "deny"
  std::int64_t ts_ms = 0;
};
struct Lagged {};  // events were dropped: read on from the cursor (sync.since)
struct Draining {
  std::int64_t reconnect_in_ms = 0;
};

struct DeviceOrder {  // to the very device that it is for
  OrderId order;
  Bytes document;
  Bytes signature;  // by the token's `command` key
  hsm::api::OrderAuthority authority{};
};

using Event = std::variant<RoomEntries, RoomUpdated, ReceiptChanged, TypingChanged, PresenceChanged,
                           PresenceRequested, StateChanged, DeviceChanged, ApprovalRequested,
                           ApprovalSettled, Lagged, Draining, DeviceOrder>;

// Dropped in this order when a session cannot keep up; `log` never is: the session is told Lagged.
enum class Urgency : std::uint8_t { typing, presence, receipt, log };
[[nodiscard]] Urgency urgency_of(const Event& event);

// ---- receivers --------------------------------------------------------------------------------

class EventDoor;

// One signed-in session as the domain sees it. Owned by the Hub; lives from open() to close().
struct Subscriber {
  identity::Actor actor;
  EventDoor* door = nullptr;
  void* connection = nullptr;     // the door's own handle
  std::uint64_t through_pos = 0;  // live push starts above this
  bool wants_presence = true;
};

// Implemented by doors.
class EventDoor {
 public:
  virtual ~EventDoor() = default;
  // On the shard's thread. Serialises the event once and hands the frame to each receiver's I/O
  // thread; `receivers` all belong to this door and are valid only during the call.
  virtual void deliver(const Event& event, std::span<Subscriber* const> receivers) = 0;
  // Ends the connection of a session that was revoked, replaced or signed out.
  virtual void disconnect(Subscriber& subscriber, std::uint16_t close_code,
                          std::string_view reason) = 0;
};

// Parts of the domain that follow sessions (chat's audiences, presence's watchers). Called inside
// open() and close(), in order of registration.
class HubObserver {
 public:
  virtual ~HubObserver() = default;
  virtual void session_opened(Subscriber& subscriber) = 0;
  virtual void session_closing(Subscriber& subscriber) = 0;
};

// Sessions of one shard. On the shard's thread only.
class Hub {
 public:
  void add_observer(HubObserver& observer);
  void remove_observer(HubObserver& observer);

  Subscriber& open(identity::Actor actor, EventDoor& door, void* connection);
  void close(SessionId session);
  [[nodiscard]] Subscriber* find(SessionId session);
  [[nodiscard]] std::span<Subscriber* const> sessions_of(TenantId tenant, UserId user) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

  // Hands the event to the receivers' doors, once a door. Receivers may belong to several doors.
  void publish(const Event& event, std::span<Subscriber* const> receivers);
  void publish_to_user(const Event& event, TenantId tenant, UserId user,
                       SessionId except = SessionId{});
  // Every session of the shard, tenants included.
  void publish_to_all(const Event& event);
  void disconnect(SessionId session, std::uint16_t close_code, std::string_view reason);

 private:
  struct UserKey {
    TenantId tenant;
    UserId user;
    friend bool operator==(const UserKey&, const UserKey&) = default;
  };
  struct UserKeyHash {
    std::size_t operator()(const UserKey& key) const noexcept {
      return std::hash<UserId>{}(key.user) ^ (std::hash<TenantId>{}(key.tenant) << 1);
    }
  };
  std::unordered_map<SessionId, std::unique_ptr<Subscriber>> sessions_;
  std::unordered_map<UserKey, std::vector<Subscriber*>, UserKeyHash> by_user_;
  std::vector<HubObserver*> observers_;
};

}  // namespace conclave::sync
