#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sync/log_entry.hpp"

// Values of the chat domain as its callers see them. Stored numbers are never reused.
namespace conclave::chat {

using sync::EntryKind;
using sync::LogEntry;

enum class RoomKind : std::uint8_t { room = 1, direct = 2 };
enum class JoinRule : std::uint8_t { invite = 1, open = 2 };
// Ordered: a role may do what the roles below it may.
enum class RoomRole : std::uint8_t {
  none = 0,
  read_only = 1,
  member = 2,
  moderator = 3,
  owner = 4,
};
enum class MemberState : std::uint8_t {
  none = 0,
  invited = 1,
  joined = 2,
  left = 3,
  banned = 4,
  declined = 5,
  kicked = 6,
};

// The wire's names: "room", "direct", "invite", "open", "read_only", "banned", ...
[[nodiscard]] std::string_view to_text(RoomKind kind);
[[nodiscard]] std::string_view to_text(JoinRule rule);
[[nodiscard]] std::string_view to_text(RoomRole role);
[[nodiscard]] std::string_view to_text(MemberState state);
[[nodiscard]] std::string_view to_text(EntryKind kind);
[[nodiscard]] std::optional<JoinRule> parse_join_rule(std::string_view text);
[[nodiscard]] std::optional<RoomRole> parse_room_role(std::string_view text);

// The least role that may do each thing in a room.
struct Permissions {
  RoomRole send = RoomRole::member;
  RoomRole invite = RoomRole::member;
  RoomRole pin = RoomRole::moderator;
  RoomRole redact = RoomRole::moderator;  // messages of others
  RoomRole profile = RoomRole::moderator;
  RoomRole mention_all = RoomRole::moderator;
  RoomRole kick = RoomRole::moderator;  // only of lower roles, as ban
  RoomRole ban = RoomRole::moderator;
  friend bool operator==(const Permissions&, const Permissions&) = default;
};

// A change of some permissions; those without a value stay.
struct PermissionChange {
  std::optional<RoomRole> send, invite, pin, redact, profile, mention_all, kick, ban;
};

// A room as one person sees it.
struct RoomView {
  RoomId room;
  RoomKind kind{};
  JoinRule join{};
  std::string name;  // empty in direct rooms
  std::string topic;
  std::optional<UserId> peer;  // direct rooms: the other person
  RoomRole role{};             // the reader's
  // The reader's. Other than invited and joined: the reader is out, only `room` and `state` count.
  MemberState state{};
  std::uint32_t members = 0;  // joined
  std::uint64_t head_seq = 0;
  std::uint64_t head_n = 0;
  std::uint64_t read_seq = 0;
  std::uint64_t unread = 0;    // messages: head_n - read_n
  std::uint64_t mentions = 0;  // of the reader, unread, at most 999
  std::uint64_t last_all_seq = 0;
  Permissions permissions;
  std::uint64_t pos = 0;  // of the newest change that this view shows
};

struct MemberView {
  UserId user;
  RoomRole role{};
  MemberState state{};  // invited, joined or (shown to moderators) banned
  std::int64_t since_ms = 0;
};

struct Reaction {
  std::string emoji;
  std::uint32_t count = 0;
  std::vector<UserId> users;  // the first 20
  bool own = false;
};
struct Edited {
  std::uint64_t seq = 0;
  std::int64_t ts_ms = 0;
};
struct Redacted {
  UserId by;
  std::int64_t ts_ms = 0;
};

// An entry with what later entries did to it. A message's `entry.body` is that of its newest edit;
// empty when redacted.
struct FoldedEntry {
  LogEntry entry;
  std::optional<Edited> edited;
  std::optional<Redacted> redacted;
  std::vector<Reaction> reactions;
  bool unreadable = false;  // its key was destroyed or its bytes are damaged; the body is empty
};

// What every write to a room's log is answered with, after it is on disk.
struct WriteReceipt {
  RoomId room;
  std::uint64_t seq = 0;
  std::uint64_t n = 0;
  std::int64_t ts_ms = 0;
  std::uint64_t pos = 0;  // 0 in the answer to a repeat
  bool repeat = false;    // an earlier request with the same client_id had stored it
};

// Bounds of the data contract ("Threads and limits").
struct Limits {
  std::size_t body_bytes = 16 * 1024;
  std::size_t in_flight = 32;
  std::size_t page_entries = 200;
  std::size_t page_bytes = 256 * 1024;
  std::size_t room_members = 5'000;
  std::size_t rooms_per_user = 2'000;
  std::size_t pins = 100;
  std::size_t mentions_per_message = 100;
  std::size_t batch_entries = 256;
  std::size_t batch_bytes = 256 * 1024;
  // Uncommitted work above which doors stop reading.
  std::size_t pressure_entries = 4'096;
  std::size_t pressure_bytes = 8 * 1024 * 1024;
  std::size_t receipt_push_members = 32;
  std::size_t tail_cache_bytes = 64 * 1024 * 1024;
  std::int64_t receipt_flush_ms = 5'000;
  std::int64_t receipt_push_ms = 250;
  std::int64_t join_coalesce_ms = 50;
  std::int64_t typing_expiry_ms = 10'000;
  std::int64_t tombstone_ms = 90LL * 24 * 3'600 * 1'000;
  std::int64_t expiry_interval_ms = 3'600 * 1'000;
  std::int64_t retention_ms = 90LL * 24 * 3'600 * 1'000;
};

}  // namespace conclave::chat
