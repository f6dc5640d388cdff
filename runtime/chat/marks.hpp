#pragma once

#include <optional>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/chat/types.hpp"
#include "runtime/identity/actor.hpp"

namespace conclave::chat {

class Core;

struct ReceiptView {
  UserId user;
  std::uint64_t read_seq = 0;
  std::uint64_t delivered_seq = 0;
};
struct ReceiptPage {
  std::vector<ReceiptView> receipts;  // joined members by user id
  std::optional<UserId> next;
};

// Read and delivered watermarks, and who is typing. On the shard's thread. Watermarks only rise;
// they reach the person's other devices at once, other members of rooms up to
// Limits::receipt_push_members a little later, and the disk within Limits::receipt_flush_ms.
class Marks {
 public:
  explicit Marks(Core& core) : core_(core) {}

  // `seq` above the head counts as the head. A read message counts as delivered.
  Task<Result<void>> read(identity::Actor actor, RoomId room, std::uint64_t seq);
  Result<void> delivered(const identity::Actor& actor, RoomId room, std::uint64_t seq);
  [[nodiscard]] Result<ReceiptPage> list(const identity::Actor& actor, RoomId room, UserId after,
                                         std::size_t limit) const;
  // To the other online members; ends by itself after Limits::typing_expiry_ms without a repeat.
  Result<void> typing(const identity::Actor& actor, RoomId room, bool active);

 private:
  Core& core_;
};

}  // namespace conclave::chat
