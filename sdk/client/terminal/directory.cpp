#include "sdk/client/terminal/directory.hpp"

#include <boost/json/array.hpp>

#include "sdk/client/terminal/output.hpp"

namespace conclave::client::terminal {
namespace {

constexpr ErrorSpec kNoRoom{"room.not_found", ErrorKind::not_found,
                            "`conclave rooms` lists your rooms; a room's id always works."};
constexpr ErrorSpec kManyRooms{"room.ambiguous", ErrorKind::invalid,
                               "Several rooms have this name; use the id from `conclave rooms`."};

}  // namespace

Result<json::object> Directory::room(std::string_view text) {
  if (base::parse_id<RoomId>(text)) return client_.call("room.get", {{"room", text}}).get();
  if (text.find('@') == std::string_view::npos) return room_by_name(text);
  auto user = user_id(text);
  if (!user) return std::unexpected(std::move(user).error());
  return client_.call("room.direct", {{"user", *user}}).get();
}

Result<json::object> Directory::room_by_name(std::string_view name) {
  std::optional<json::object> found;
  json::object params{{"limit", 200}};
  for (;;) {
    auto page = client_.call("room.list", params).get();
    if (!page) return std::unexpected(std::move(page).error());
    for (const auto& value : array_at(*page, "rooms")) {
      const auto& room = value.as_object();
      if (string_at(room, "name") != name) continue;
      if (found) return fail(kManyRooms, std::string(name));
      found = room;
    }
    const std::string next = string_at(*page, "next");
    if (next.empty()) break;
    params["after"] = next;
  }
  if (!found) return fail(kNoRoom, std::string(name));
  return *found;
}

Result<std::string> Directory::user_id(std::string_view text) {
  if (base::parse_id<UserId>(text)) return std::string(text);
  auto user = client_.call("user.get", {{"account", text}}).get();
  if (!user) return std::unexpected(std::move(user).error());
  users_[string_at(*user, "user")] = string_at(*user, "display_name");
  return string_at(*user, "user");
}

const std::string& Directory::user_name(const std::string& user) {
  const auto [entry, fresh] = users_.try_emplace(user, user);
  if (fresh) {
    if (auto found = client_.call("user.get", {{"user", user}}).get()) {
      entry->second = string_at(*found, "display_name");
    }
  }
  return entry->second;
}

std::string Directory::title_of(const json::object& room) {
  if (auto name = string_at(room, "name"); !name.empty()) return name;
  if (auto peer = string_at(room, "peer"); !peer.empty()) return user_name(peer);
  return string_at(room, "room");
}

const std::string& Directory::room_name(const std::string& room) {
  const auto [entry, fresh] = rooms_.try_emplace(room, room);
  if (fresh) {
    if (auto found = client_.call("room.get", {{"room", room}}).get()) {
      entry->second = title_of(*found);
    }
  }
  return entry->second;
}

}  // namespace conclave::client::terminal
