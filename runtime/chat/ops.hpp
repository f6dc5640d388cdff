#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/chat/content_keys.hpp"
#include "runtime/chat/model.hpp"
#include "runtime/chat/rooms.hpp"
#include "runtime/identity/actor.hpp"

// Requests on their way through the pipeline.
namespace conclave::chat {

// One entry to be: what the person asked for, before it has a place in the log.
struct Draft {
  EntryKind kind = EntryKind::message;
  std::uint64_t target = 0;  // edits, redactions, reactions, pins; a thread's root for messages
  std::string body;
  std::vector<UserId> mentions;
  bool mention_all = false;
  std::string emoji;
  // The target is a message of this author (asked before the op was queued).
  UserId target_author;
};

// A change of the room itself or of who is in it.
struct Control {
  enum class Kind {
    create,
    direct,
    invite,
    accept,
    decline,
    join,
    leave,
    kick,
    ban,
    unban,
    set_role,
    set_profile,
    set_permissions,
    remove,
  };
  Kind kind{};
  std::vector<UserId> users;
  RoomRole role{};
  std::string reason;
  CreateRoom creation;
  SetProfile profile;
  PermissionChange permissions;
};

struct Op {
  identity::Actor actor;
  RoomId room;
  std::uint64_t client_id = 0;  // 0: none
  Draft draft;
  std::unique_ptr<Control> control;  // none: `draft` counts
  std::size_t bytes = 0;
  // More than one when the same request came again while it was on its way.
  std::vector<Callback<WriteReceipt>> waiters;
  // Set when it is planned.
  std::optional<std::pair<std::size_t, std::size_t>> place;  // room and entry in the batch
  WriteReceipt receipt;

  [[nodiscard]] DeviceKey device() const { return {actor.tenant, actor.device}; }
  void answer(const Result<WriteReceipt>& result) {
    for (auto& waiter : waiters) waiter(result);
    waiters.clear();
  }
};

struct EntryExtra {
  std::vector<UserId> mentions;
  bool mention_all = false;
  std::string emoji;
  std::uint64_t pos = 0;
};

struct MemberChange {
  UserId user;
  Standing next;
  std::size_t entry = 0;  // that tells of it
  Mac mac{};
};

// What one batch does to one room.
struct RoomWork {
  RoomPtr room;
  std::vector<LogEntry> entries;
  std::vector<EntryExtra> extras;  // one an entry
  std::vector<MemberChange> members;
  std::optional<Power> power;
  Mac power_mac{};
  std::optional<Profile> profile;
  Bytes profile_sealed;
  std::vector<std::uint64_t> redacted;
  bool created = false;
  bool removed = false;
  std::int64_t removed_ms = 0;   // UTC, when removed
  std::uint64_t head_pos = 0;  // of the last entry
  std::uint64_t last_all_seq = 0;
};

// A segment with erased bodies that takes the place of a stored one.
struct Rewrite {
  RoomPtr room;
  std::uint64_t seq = 0;  // one that the stored segment holds
  Bytes segment;
};

struct Batch {
  std::uint64_t serial = 0;  // from 1
  std::vector<std::unique_ptr<Op>> ops;
  std::vector<RoomWork> rooms;
  std::size_t entries = 0;
  std::size_t bytes = 0;
  bool alone = false;  // erases or removes what is stored: nothing else is in flight meanwhile
  // Results of the seal stage.
  std::vector<Bytes> segments;
  std::vector<Rewrite> rewrites;
  std::vector<ContentKey*> keys;
  std::optional<Result<void>> sealed;
  bool doomed = false;  // the batch before it failed
  std::int64_t started_ms = 0;

  [[nodiscard]] bool has_writes() const;
};

inline bool Batch::has_writes() const {
  for (const RoomWork& work : rooms) {
    if (!work.entries.empty() || work.power || work.profile || work.removed || work.created ||
        !work.members.empty()) {
      return true;
    }
  }
  return false;
}

}  // namespace conclave::chat
