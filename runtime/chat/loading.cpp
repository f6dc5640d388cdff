#include <algorithm>

#include "runtime/chat/core.hpp"
#include "runtime/chat/power_rows.hpp"
#include "runtime/observe/log.hpp"

// From a snapshot of the store to rooms in memory.
namespace conclave::chat {
namespace {

constexpr std::size_t kRowsAtOnce = 256;  // of one request to the token

template <class Row>
std::span<const Row> slice(const std::vector<Row>& rows, std::size_t first) {
  return std::span(rows).subspan(first, std::min(kRowsAtOnce, rows.size() - first));
}

}  // namespace

Task<Result<void>> Core::start(std::shared_ptr<const store::Snapshot> snapshot) {
  rooms.clear();  // of an attempt that the token did not answer
  CONCLAVE_CO_TRY(co_await load_rooms(snapshot));
  CONCLAVE_CO_TRY(co_await load_members(snapshot));
  CONCLAVE_CO_TRY(co_await open_profiles(snapshot));
  for (const auto& row : snapshot->content_keys) content_keys.load(row);
  for (const auto& ring : snapshot->rings) devices.load(ring);
  for (const auto& [tenant, pos] : snapshot->expired_pos) expired_pos[tenant] = pos;
  expired_ms_ = parts.clock.monotonic_ms();
  started = true;
  co_return Result<void>{};
}

void Core::alarm(std::string_view what, const RoomKey& room, UserId user) {
  alarms_total_.add();
  observe::error("row.mac_wrong",
                 {{"table", what}, {"tenant", room.tenant}, {"room", room.id}, {"user", user}});
}

Task<Result<std::vector<bool>>> Core::check(std::vector<hsm::api::PowerRow> rows) {
  auto answer = co_await async::await_callback<std::vector<bool>>(
      [&](auto done) { parts.keys.check_rows(std::move(rows), std::move(done)); });
  co_return answer;
}

Task<Result<void>> Core::load_rooms(std::shared_ptr<const store::Snapshot> snapshot) {
  for (std::size_t first = 0; first < snapshot->rooms.size(); first += kRowsAtOnce) {
    const auto rows = slice(snapshot->rooms, first);
    std::vector<hsm::api::PowerRow> power;
    for (const auto& row : rows) {
      power.push_back({room_mac_content({row.tenant, row.room}, row.version, row.power), row.mac});
    }
    auto sound = co_await check(std::move(power));
    if (!sound) co_return std::unexpected(sound.error());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& row = rows[i];
      const RoomKey key{row.tenant, row.room};
      auto decoded = decode_power(row.power);
      if (!(*sound)[i] || !decoded || row.mac.size() != Mac{}.size()) {
        // Left out: nobody has any power in a room whose rules cannot be believed.
        alarm("room", key, {});
        continue;
      }
      decoded->version = row.version;
      const RoomPtr room = rooms.add(key, *decoded);
      std::ranges::copy(row.mac, room->power_mac.begin());
      room->stored = true;
      room->head_seq = row.head_seq;
      room->head_n = row.head_n;
      room->head_pos = row.head_pos;
      room->last_all_seq = row.last_all_seq;
      room->profile_sealed = row.profile_sealed;
      room->reset_projection();
    }
  }
  co_return Result<void>{};
}

Task<Result<void>> Core::load_members(std::shared_ptr<const store::Snapshot> snapshot) {
  for (std::size_t first = 0; first < snapshot->members.size(); first += kRowsAtOnce) {
    const auto rows = slice(snapshot->members, first);
    std::vector<hsm::api::PowerRow> power;
    for (const auto& row : rows) {
      const Standing standing{RoomRole{row.role}, MemberState{row.state}, row.version};
      power.push_back({member_mac_content({row.tenant, row.room}, row.user, standing), row.mac});
    }
    auto sound = co_await check(std::move(power));
    if (!sound) co_return std::unexpected(sound.error());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& row = rows[i];
      const RoomKey key{row.tenant, row.room};
      RoomPtr room = rooms.find(key);
      Standing standing{RoomRole{row.role}, MemberState{row.state}, row.version};
      if (!room) {
        // The tombstone of a deleted room (its row went with it), or of one that was left out.
        if (is_in(standing.state)) continue;
        room = rooms.add(key, Power{});
        room->removed = true;
        room->reset_projection();
      } else if (!room->removed && (!(*sound)[i] || row.mac.size() != Mac{}.size())) {
        // Fails closed: neither inside nor free to come in, until a moderator lifts it.
        alarm("member", key, row.user);
        standing = {RoomRole::none, MemberState::banned, row.version};
      }
      Member& member = rooms.set_member(room, row.user, standing);
      if (row.mac.size() == member.mac.size()) std::ranges::copy(row.mac, member.mac.begin());
      member.pos = row.pos;
      member.changed_ms = row.changed_ms;
      member.read_seq = row.read_seq;
      member.read_n = row.read_n;
      member.delivered_seq = row.delivered_seq;
    }
  }
  co_return Result<void>{};
}

Task<Result<void>> Core::open_profiles(std::shared_ptr<const store::Snapshot> snapshot) {
  for (std::size_t first = 0; first < snapshot->rooms.size(); first += kRowsAtOnce) {
    std::vector<hsm::api::RowItem> items;
    std::vector<RoomPtr> of;
    for (const auto& row : slice(snapshot->rooms, first)) {
      const RoomPtr room = rooms.find({row.tenant, row.room});
      if (!room || row.profile_sealed.size() < 8) continue;
      base::ByteReader in(row.profile_sealed);
      room->profile.version = in.u64();
      items.push_back(
          profile_item(room->key(), room->profile.version,
                       Bytes(row.profile_sealed.begin() + 8, row.profile_sealed.end())));
      of.push_back(room);
    }
    if (items.empty()) continue;
    auto opened = co_await async::await_callback<std::vector<Result<Bytes>>>(
        [&](auto done) { parts.keys.open_rows(std::move(items), std::move(done)); });
    if (!opened) co_return std::unexpected(opened.error());
    for (std::size_t i = 0; i < of.size(); ++i) {
      const auto& plain = (*opened)[i];
      auto profile = plain ? decode_profile(*plain) : Result<Profile>(fail(plain.error().spec()));
      if (!profile) {
        observe::warn("room.profile_unreadable", {{"room", of[i]->id}, {"error", profile.error()}});
        continue;
      }
      profile->version = of[i]->profile.version;
      of[i]->profile = std::move(*profile);
    }
  }
  co_return Result<void>{};
}

}  // namespace conclave::chat
