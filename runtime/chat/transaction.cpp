#include <algorithm>

#include "runtime/chat/pipeline.hpp"
#include "runtime/chat/power_rows.hpp"

namespace conclave::chat {
namespace {

constexpr std::uint8_t number(EntryKind kind) {
  return static_cast<std::uint8_t>(kind);
}

// Messages in a thread are found through an annotation of its root.
bool is_annotation(const LogEntry& entry) {
  switch (entry.kind) {
    case EntryKind::edit:
    case EntryKind::redaction:
    case EntryKind::reaction:
    case EntryKind::unreaction:
      return true;
    case EntryKind::message:
      return entry.target != 0;
    default:
      return false;
  }
}

void add_annotations(const RoomWork& work, store::Transaction& out) {
  const Room& room = *work.room;
  for (std::size_t i = 0; i < work.entries.size(); ++i) {
    const LogEntry& entry = work.entries[i];
    const EntryExtra& extra = work.extras[i];
    if (is_annotation(entry)) {
      const EntryKind kind = entry.kind == EntryKind::message ? EntryKind::thread : entry.kind;
      out.push_back(store::AddAnnotation{{room.tenant, room.id, entry.target, entry.seq,
                                          number(kind), entry.author, extra.emoji}});
    }
    for (const UserId user : extra.mentions) {
      if (user == entry.author || !is_in(room.projected_standing(user).state)) continue;
      out.push_back(store::AddMention{{room.tenant, user, extra.pos, room.id, entry.seq}});
    }
  }
}

void put_room(const RoomWork& work, store::Transaction& out) {
  if (!work.power && !work.profile) return;
  const Room& room = *work.room;
  const Power& power = work.power ? *work.power : room.power;
  const Mac& mac = work.power ? work.power_mac : room.power_mac;
  store::RoomRow row;
  row.tenant = room.tenant;
  row.room = room.id;
  row.version = power.version;
  row.power = encode_power(power);
  row.mac.assign(mac.begin(), mac.end());
  row.profile_sealed = work.profile ? work.profile_sealed : room.profile_sealed;
  out.push_back(store::PutRoom{std::move(row)});
}

void put_members(const RoomWork& work, store::Transaction& out) {
  for (const MemberChange& change : work.members) {
    const Member* const before = work.room->member(change.user);
    Member member = before == nullptr ? Member{} : *before;
    apply_change(work, change, member);
    out.push_back(store::PutMember{member_row(*work.room, change.user, member)});
  }
}

// A deleted room leaves one tombstone a member, so that devices that are away learn of it.
void remove_room(RoomWork& work, sync::Ledger::Positions& positions, store::Transaction& out) {
  Room& room = *work.room;
  out.push_back(store::DeleteRoom{room.tenant, room.id});
  out.push_back(store::PutDoomedKey{
      {room.tenant, store::DoomedKind::room, room.id.value, work.removed_ms}});
  work.head_pos = positions.next(room.tenant);
  for (const auto& [user, member] : room.members) {
    Member tombstone;
    tombstone.standing = {RoomRole::none, MemberState::left, member.standing.version + 1};
    tombstone.pos = work.head_pos;
    tombstone.changed_ms = work.removed_ms;
    out.push_back(store::PutMember{member_row(room, user, tombstone)});
  }
}

}  // namespace

void apply_change(const RoomWork& work, const MemberChange& change, Member& member) {
  const LogEntry& entry = work.entries[change.entry];
  const bool enters =
      change.next.state == MemberState::joined && member.standing.state != MemberState::joined;
  member.standing = change.next;
  member.mac = change.mac;
  member.pos = work.extras[change.entry].pos;
  member.changed_ms = entry.ts_ms;
  if (enters) {  // what was said before is read, as far as counting goes
    member.read_seq = std::max(member.read_seq, entry.seq);
    member.read_n = std::max(member.read_n, entry.n);
    member.delivered_seq = std::max(member.delivered_seq, entry.seq);
  }
}

store::Transaction build_transaction(Batch& batch, sync::Ledger::Positions& positions) {
  store::Transaction out;
  for (const ContentKey* key : batch.keys) {
    if (key->stored) continue;
    const auto& name = key->name;
    out.push_back(store::PutContentKey{{name.tenant, name.room, name.author, name.generation,
                                        Bytes(key->id.begin(), key->id.end()), key->blob}});
  }
  store::JournalCommit commit;
  commit.segments = std::move(batch.segments);
  for (RoomWork& work : batch.rooms) {
    Room& room = *work.room;
    for (EntryExtra& extra : work.extras) extra.pos = positions.next(room.tenant);
    put_room(work, out);
    if (work.entries.empty()) continue;
    work.head_pos = work.extras.back().pos;
    if (work.last_all_seq == 0) work.last_all_seq = room.last_all_seq;
    const LogEntry& head = work.entries.back();
    commit.heads.push_back(
        {room.tenant, room.id, head.seq, head.n, work.head_pos, work.last_all_seq});
  }
  for (const auto& op : batch.ops) {
    if (op->client_id == 0) continue;
    commit.ring.push_back(
        {op->actor.tenant, op->actor.device, op->client_id, op->receipt.room, op->receipt.seq});
  }
  if (!commit.segments.empty() || !commit.ring.empty()) out.push_back(std::move(commit));
  for (RoomWork& work : batch.rooms) {
    add_annotations(work, out);
    put_members(work, out);
    if (work.removed) remove_room(work, positions, out);
  }
  for (Rewrite& rewrite : batch.rewrites) {
    store::RewriteSegments row{
        rewrite.room->tenant, rewrite.room->id, rewrite.seq, rewrite.seq, {}};
    row.segments.push_back(std::move(rewrite.segment));
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace conclave::chat
