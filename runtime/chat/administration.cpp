#include "runtime/chat/administration.hpp"

#include <algorithm>

#include "runtime/chat/core.hpp"
#include "runtime/chat/errors.hpp"

namespace conclave::chat {

Task<Result<std::vector<identity::RoomSummary>>> Administration::list_rooms(identity::Actor,
                                                                            TenantId tenant,
                                                                            RoomId after,
                                                                            std::size_t limit) {
  std::vector<identity::RoomSummary> out;
  for (const RoomPtr& room : core_.rooms.of_tenant(tenant)) {
    if (room->id <= after || room->removed || !room->stored) continue;
    if (out.size() == limit) break;
    const bool direct = room->power.kind == RoomKind::direct;
    out.push_back({room->id, std::string(to_text(room->power.kind)),
                   direct ? std::string() : room->profile.name, room->joined, room->head_seq});
  }
  co_return out;
}

Task<Result<std::vector<identity::RoomMember>>> Administration::room_members(identity::Actor,
                                                                             TenantId tenant,
                                                                             RoomId room_id) {
  const RoomPtr room = core_.rooms.find({tenant, room_id});
  if (!room || room->removed || !room->stored) co_return fail(kRoomNotFound);
  std::vector<identity::RoomMember> out;
  for (const auto& [user, member] : room->members) {
    const MemberState state = member.standing.state;
    if (!is_in(state) && state != MemberState::banned) continue;
    out.push_back({user, std::string(to_text(member.standing.role)), std::string(to_text(state))});
  }
  co_return out;
}

Task<Result<void>> Administration::delete_room(identity::Actor actor, TenantId tenant,
                                               RoomId room) {
  // A repeat is answered like the first time.
  if (const RoomPtr gone = core_.rooms.find({tenant, room}); gone && gone->removed) {
    co_return Result<void>{};
  }
  // The door has checked that the actor may do this; in this tenant it acts as a room admin.
  actor.tenant = tenant;
  actor.roles.add(identity::Role::room_admin);
  Control control;
  control.kind = Control::Kind::remove;
  const auto removed = co_await async::await_callback<WriteReceipt>(
      [&](auto done) { core_.submit_control(actor, room, std::move(control), std::move(done)); });
  if (!removed) co_return std::unexpected(removed.error());
  co_return Result<void>{};
}

void Administration::forget_tenant(TenantId tenant) {
  for (const RoomPtr& room : core_.rooms.of_tenant(tenant)) {
    room->removed = true;
    room->audience.clear();
    core_.content_keys.forget_room(room->key());
    core_.rooms.erase(room->key());
  }
}

}  // namespace conclave::chat
