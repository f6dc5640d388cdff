#pragma once

#include "hsm/api/key_service.hpp"
#include "runtime/chat/model.hpp"
#include "runtime/store/rows.hpp"

// Canonical bytes of the rows that decide about power, and of a room's profile. Each form begins
// with its version; a newer one is refused.
namespace conclave::chat {

[[nodiscard]] Bytes encode_power(const Power& power);
[[nodiscard]] Result<Power> decode_power(ByteView bytes);
[[nodiscard]] Bytes encode_profile(const Profile& profile);
[[nodiscard]] Result<Profile> decode_profile(ByteView bytes);

// What the `rows` key authenticates.
[[nodiscard]] Bytes room_mac_content(const RoomKey& room, std::uint64_t version, ByteView power);
[[nodiscard]] Bytes member_mac_content(const RoomKey& room, UserId user, const Standing& standing);

// `content` is the encoded profile, or the sealed one without its version.
[[nodiscard]] hsm::api::RowItem profile_item(const RoomKey& room, std::uint64_t version,
                                             Bytes content);
// How RoomRow::profile_sealed lies in the store: u64 version, sealed bytes.
[[nodiscard]] Bytes join_profile(std::uint64_t version, ByteView sealed);

[[nodiscard]] store::MemberRow member_row(const Room& room, UserId user, const Member& member);

}  // namespace conclave::chat
