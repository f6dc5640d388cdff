#include "runtime/chat/core.hpp"

namespace conclave::chat {

RoomView Core::view(const Room& room, UserId reader_id) const {
  RoomView out;
  out.room = room.id;
  const Member* const member = room.member(reader_id);
  if (member != nullptr) {
    out.role = member->standing.role;
    out.state = member->standing.state;
    out.pos = member->pos;
  }
  if (!is_in(out.state)) return out;
  out.kind = room.power.kind;
  out.join = room.power.join;
  out.permissions = room.power.permissions;
  out.name = room.profile.name;
  out.topic = room.profile.topic;
  if (out.kind == RoomKind::direct) {
    out.peer = room.power.creator == reader_id ? room.power.peer : room.power.creator;
  }
  out.members = room.joined;
  if (out.state != MemberState::joined) return out;
  out.pos = std::max(out.pos, room.head_pos);
  out.head_seq = room.head_seq;
  out.head_n = room.head_n;
  out.read_seq = member->read_seq;
  out.unread = room.head_n - std::min(room.head_n, member->read_n);
  out.mentions = mentions.unread({room.tenant, reader_id}, room.id);
  out.last_all_seq = room.last_all_seq;
  return out;
}

}  // namespace conclave::chat
