#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/chat/types.hpp"
#include "runtime/sync/hub.hpp"

// The state of rooms in memory. On the shard's thread only.
namespace conclave::chat {

using Mac = std::array<std::uint8_t, 32>;

// The author under whose key rooms' names and topics are sealed; no person has this id, since ids
// of people are random over 63 bits.
inline constexpr UserId kSystemAuthor{1};

// An id within its tenant: the only kind of key that tables of the domain have.
template <class AnyId>
struct Scoped {
  TenantId tenant;
  AnyId id;
  friend auto operator<=>(const Scoped&, const Scoped&) = default;
};
using RoomKey = Scoped<RoomId>;
using UserKey = Scoped<UserId>;
using DeviceKey = Scoped<DeviceId>;

// What decides about power: stored with a MAC.
struct Standing {
  RoomRole role = RoomRole::none;
  MemberState state = MemberState::none;
  std::uint64_t version = 0;
};
struct Power {
  RoomKind kind = RoomKind::room;
  JoinRule join = JoinRule::invite;
  Permissions permissions;
  UserId creator;
  UserId peer;  // direct rooms: the one who did not create it
  std::uint64_t version = 0;
};

struct Member {
  Standing standing;
  Mac mac{};
  std::uint64_t pos = 0;
  std::int64_t changed_ms = 0;
  std::uint64_t read_seq = 0;
  std::uint64_t read_n = 0;
  std::uint64_t delivered_seq = 0;
  bool read_dirty = false;  // not on disk yet
  bool delivered_dirty = false;
};

struct Profile {
  std::string name;
  std::string topic;
  std::vector<std::uint64_t> pins;  // seqs, oldest pin first
  std::uint64_t version = 0;
};

// The newest entries of a log, opened, without a gap up to the head.
struct Tail {
  std::deque<LogEntry> entries;
  std::size_t bytes = 0;
};

// What the room will be when every batch in flight is on disk. Rights are checked against it.
struct Projection {
  std::uint64_t seq = 0;
  std::uint64_t n = 0;
  std::map<UserId, Standing> standings;  // of those whom batches in flight change
  std::optional<Power> power;
  std::optional<Profile> profile;
  bool removed = false;
  // Where this room's work lies in the batch that is being put together.
  std::uint64_t batch = 0;  // its serial number
  std::size_t slot = 0;
};

// Shared by the table, by batches in flight and by reads that wait for the store, so that a room
// that is deleted meanwhile does not vanish under them.
struct Room {
  TenantId tenant;
  RoomId id;
  Power power;
  Mac power_mac{};
  Profile profile;
  Bytes profile_sealed;
  bool stored = false;   // false until the batch that creates it is on disk
  bool removed = false;  // kept for its tombstones
  std::uint64_t head_seq = 0;
  std::uint64_t head_n = 0;
  std::uint64_t head_pos = 0;
  std::uint64_t last_all_seq = 0;
  std::optional<std::int64_t> last_ts_ms;  // none: not read since the start
  std::map<UserId, Member> members;        // tombstones too
  std::uint32_t joined = 0;
  std::uint32_t present = 0;                // joined and invited, against Limits::room_members
  std::vector<sync::Subscriber*> audience;  // sessions of joined members
  Projection projected;
  Tail tail;
  std::optional<std::list<Room*>::iterator> tail_use;  // place in TailCache's order
  std::deque<std::uint64_t> redacted;  // newest targets, to refuse what was resolved before
  std::uint64_t redactions = 0;        // since the start: tells a reader that bodies may be gone

  [[nodiscard]] RoomKey key() const { return {tenant, id}; }
  [[nodiscard]] const Member* member(UserId user) const;
  // Committed.
  [[nodiscard]] Standing standing(UserId user) const;
  // With the batches in flight.
  [[nodiscard]] Standing projected_standing(UserId user) const;
  [[nodiscard]] const Power& projected_power() const;
  [[nodiscard]] const Profile& projected_profile() const;
  // Forgets the batches in flight.
  void reset_projection();
};
using RoomPtr = std::shared_ptr<Room>;

[[nodiscard]] inline bool is_in(MemberState state) {
  return state == MemberState::joined || state == MemberState::invited;
}

}  // namespace conclave::chat

template <class AnyId>
struct std::hash<conclave::chat::Scoped<AnyId>> {
  std::size_t operator()(const conclave::chat::Scoped<AnyId>& key) const noexcept {
    return std::hash<AnyId>{}(key.id) ^ (std::hash<conclave::TenantId>{}(key.tenant) << 1);
  }
};
