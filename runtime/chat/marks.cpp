#include "runtime/chat/marks.hpp"

#include <algorithm>

#include "runtime/chat/core.hpp"
#include "runtime/chat/errors.hpp"

namespace conclave::chat {

Task<Result<void>> Marks::read(identity::Actor actor, RoomId room_id, std::uint64_t seq) {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) co_return std::unexpected(room.error());
  seq = std::min(seq, (*room)->head_seq);
  std::uint64_t n = (*room)->head_n;
  if (seq != (*room)->head_seq) {
    const auto facts = co_await core_.reader.facts(*room, seq);
    if (!facts) co_return std::unexpected(facts.error());
    if (!facts->has_value()) co_return fail(kMessageNotFound);
    n = (*facts)->n;
  }
  if (core_.marks.raise_read(*room, actor.user, seq, n, true)) {
    core_.mentions.read({actor.tenant, actor.user}, room_id, seq);
    core_.marks.publish_own(**room, actor.user);
  }
  co_return Result<void>{};
}

Result<void> Marks::delivered(const identity::Actor& actor, RoomId room_id, std::uint64_t seq) {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) return std::unexpected(room.error());
  core_.marks.raise_delivered(*room, actor.user, std::min(seq, (*room)->head_seq));
  return {};
}

Result<ReceiptPage> Marks::list(const identity::Actor& actor, RoomId room_id, UserId after,
                                std::size_t limit) const {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) return std::unexpected(room.error());
  limit = std::clamp<std::size_t>(limit, 1, core_.parts.limits.page_entries);
  ReceiptPage page;
  const auto& members = (*room)->members;
  for (auto it = members.upper_bound(after); it != members.end(); ++it) {
    const auto& [user, member] = *it;
    if (member.standing.state != MemberState::joined) continue;
    if (page.receipts.size() == limit) {
      page.next = page.receipts.back().user;
      break;
    }
    page.receipts.push_back({user, member.read_seq, member.delivered_seq});
  }
  return page;
}

Result<void> Marks::typing(const identity::Actor& actor, RoomId room_id, bool active) {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) return std::unexpected(room.error());
  const RoomRole role = (*room)->standing(actor.user).role;
  if (role < (*room)->power.permissions.send) return fail(kRoomDenied);
  core_.typing.set(*room, actor.user, active);
  return {};
}

}  // namespace conclave::chat
