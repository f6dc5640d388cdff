#pragma once

#include <string>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/chat/types.hpp"
#include "runtime/identity/actor.hpp"
#include "runtime/sync/user_states.hpp"

namespace conclave::chat {

class Core;

struct SinceQuery {
  std::string cursor{};      // empty: from the beginning
  std::size_t limit = 50;  // rooms and states together, at most 200
  std::size_t tail = 10;   // newest entries of each room, at most 50
};
struct RoomChange {
  RoomView room;
  std::vector<FoldedEntry> entries;  // the last `tail` of its log, every kind, by seq
};
struct SincePage {
  std::string cursor{};  // pass in the next call, and keep: everything up to it is in this answer
  bool more = false;
  // The cursor was of another life of the store, or too old: forget what is known, then take this
  // and the pages that follow as the whole.
  bool reset = false;
  std::vector<RoomChange> rooms;
  std::vector<sync::UserStateView> states;
};

// What a device does not know yet (data contract, "Cursor"). Computed from memory, nothing is
// written per recipient. On the shard's thread.
class Feed {
 public:
  explicit Feed(Core& core) : core_(core) {}

  // The last page sets the session's through_pos: live events above it follow, none is left out.
  Task<Result<SincePage>> since(identity::Actor actor, SinceQuery query);
  // Where live events of a session that opens now begin.
  [[nodiscard]] std::string current_cursor(TenantId tenant) const;
  // For events: the cursor that a device may keep once it has the event with this position.
  [[nodiscard]] std::string cursor_at(std::uint64_t pos) const;

 private:
  Core& core_;
};

}  // namespace conclave::chat
