#include "runtime/chat/power_rows.hpp"

namespace conclave::chat {
namespace {

constexpr std::uint8_t kForm = 1;

RoomRole read_role(base::ByteReader& reader) {
  return static_cast<RoomRole>(reader.u8());
}

}  // namespace

Bytes encode_power(const Power& power) {
  const Permissions& may = power.permissions;
  base::ByteWriter out(32);
  out.u8(kForm).u8(static_cast<std::uint8_t>(power.kind)).u8(static_cast<std::uint8_t>(power.join));
  for (const RoomRole role : {may.send, may.invite, may.pin, may.redact, may.profile,
                              may.mention_all, may.kick, may.ban}) {
    out.u8(static_cast<std::uint8_t>(role));
  }
  return out.u64(power.creator.value).u64(power.peer.value).take();
}

Result<Power> decode_power(ByteView bytes) {
  base::ByteReader in(bytes);
  if (in.u8() != kForm) return fail(base::kMalformed, "room power: unknown form");
  Power out;
  out.kind = static_cast<RoomKind>(in.u8());
  out.join = static_cast<JoinRule>(in.u8());
  Permissions& may = out.permissions;
  for (RoomRole* role : {&may.send, &may.invite, &may.pin, &may.redact, &may.profile,
                         &may.mention_all, &may.kick, &may.ban}) {
    *role = read_role(in);
  }
  out.creator = UserId{in.u64()};
  out.peer = UserId{in.u64()};
  if (!in.done()) return fail(base::kMalformed, "room power");
  return out;
}

Bytes encode_profile(const Profile& profile) {
  base::ByteWriter out;
  out.u8(kForm).run(profile.name).run(profile.topic);
  out.u32(static_cast<std::uint32_t>(profile.pins.size()));
  for (const std::uint64_t seq : profile.pins) out.u64(seq);
  return out.take();
}

Result<Profile> decode_profile(ByteView bytes) {
  constexpr std::size_t kLongest = 64 * 1024;
  base::ByteReader in(bytes);
  if (in.u8() != kForm) return fail(base::kMalformed, "room profile: unknown form");
  Profile out;
  out.name = in.text(kLongest);
  out.topic = in.text(kLongest);
  const std::uint32_t count = in.u32();
  if (!in.ok() || in.remaining() != count * sizeof(std::uint64_t)) {
    return fail(base::kMalformed, "room profile");
  }
  for (std::uint32_t i = 0; i < count; ++i) out.pins.push_back(in.u64());
  return out;
}

Bytes room_mac_content(const RoomKey& room, std::uint64_t version, ByteView power) {
  base::ByteWriter out(64 + power.size());
  out.run("room/1").u64(room.tenant.value).u64(room.id.value).u64(version).run(power);
  return out.take();
}

Bytes member_mac_content(const RoomKey& room, UserId user, const Standing& standing) {
  base::ByteWriter out(64);
  out.run("member/1").u64(room.tenant.value).u64(room.id.value).u64(user.value);
  out.u8(static_cast<std::uint8_t>(standing.role)).u8(static_cast<std::uint8_t>(standing.state));
  return out.u64(standing.version).take();
}

hsm::api::RowItem profile_item(const RoomKey& room, std::uint64_t version, Bytes content) {
  return {room.tenant, kSystemAuthor,     "room", base::to_text(room.id), "profile",
          version,     std::move(content)};
}

Bytes join_profile(std::uint64_t version, ByteView sealed) {
  return base::ByteWriter(8 + sealed.size()).u64(version).raw(sealed).take();
}

store::MemberRow member_row(const Room& room, UserId user, const Member& member) {
  store::MemberRow out;
  out.tenant = room.tenant;
  out.room = room.id;
  out.user = user;
  out.role = static_cast<std::uint8_t>(member.standing.role);
  out.state = static_cast<std::uint8_t>(member.standing.state);
  out.version = member.standing.version;
  out.mac.assign(member.mac.begin(), member.mac.end());
  out.pos = member.pos;
  out.changed_ms = member.changed_ms;
  out.read_seq = member.read_seq;
  out.read_n = member.read_n;
  out.delivered_seq = member.delivered_seq;
  return out;
}

}  // namespace conclave::chat
