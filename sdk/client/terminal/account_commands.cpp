// Commands about rooms' people, devices, presence, and catching up.
#include <boost/json/array.hpp>
#include <cstdio>

#include "sdk/client/terminal/commands.hpp"
#include "sdk/client/terminal/output.hpp"

namespace conclave::client::terminal {
namespace {

// Signs in, finds the people that were named, asks one thing, prints the answer.
Result<void> about_room(const Request& request, std::string method, json::object params) {
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  Directory names(**client);
  if (!request.room.empty()) {
    auto room = names.room(request.room);
    if (!room) return std::unexpected(std::move(room).error());
    params["room"] = string_at(*room, "room");
  }
  if (!request.accounts.empty()) {
    json::array users;
    for (const auto& account : request.accounts) {
      auto user = names.user_id(account);
      if (!user) return std::unexpected(std::move(user).error());
      users.emplace_back(*user);
    }
    params[request.room.empty() ? "invite" : "users"] = std::move(users);
  }
  auto answer = (*client)->call(std::move(method), std::move(params)).get();
  if (!answer) return std::unexpected(std::move(answer).error());
  if (request.as_json) {
    print_json(*answer);
  } else if (const auto room = string_at(*answer, "room"); !room.empty()) {
    std::printf("%s  %s\n", room.c_str(), printable(string_at(*answer, "name")).c_str());
  }
  return {};
}

std::string presence_text(const json::object& presence) {
  const auto text = string_at(presence, "text");
  return string_at(presence, "status") + (text.empty() ? "" : " (" + printable(text) + ")");
}

// Prints what a catch-up brings, room by room.
void print_missed(std::deque<Item> items, Directory& names, bool as_json, std::size_t& entries) {
  for (auto& item : items) {
    const auto* news = std::get_if<RoomNews>(&item);
    if (news == nullptr || news->entries.empty()) continue;
    if (!as_json) std::printf("%s\n", printable(names.room_name(news->room)).c_str());
    for (const auto& value : news->entries) {
      ++entries;
      if (as_json) {
        print_json({{"room", news->room}, {"entry", value}});
      } else {
        std::printf("  %s\n", entry_text(value.as_object(), names).c_str());
      }
    }
  }
}

}  // namespace

Result<void> create(const Request& request) {
  return about_room(request, "room.create",
                    {{"name", request.text}, {"join", request.open ? "open" : "invite"}});
}

Result<void> invite(const Request& request) {
  return about_room(request, "room.invite", {});
}

Result<void> accept(const Request& request) {
  return about_room(request, "room.accept", {});
}

Result<void> devices(const Request& request) {
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  auto answer = (*client)->call("device.list", {}).get();
  if (!answer) return std::unexpected(std::move(answer).error());
  std::vector<std::vector<std::string>> table{{"DEVICE", "NAME", "PLATFORM", "LAST ACTIVE", ""}};
  for (const auto& value : array_at(*answer, "devices")) {
    const auto& device = value.as_object();
    if (request.as_json) print_json(device);
    std::string note = true_at(device, "current")  ? "this device"
                       : true_at(device, "online") ? "online"
                                                   : "";
    table.push_back({string_at(device, "device"), printable(string_at(device, "name")),
                     string_at(device, "platform"), time_text(number_at(device, "last_active_ms")),
                     std::move(note)});
  }
  if (!request.as_json) print_table(table);
  return {};
}

Result<void> presence(const Request& request) {
  Listener quiet;
  auto client = connected(request, quiet, false);
  if (!client) return std::unexpected(std::move(client).error());
  Directory names(**client);
  auto answer = (*client)->call("presence.list", {}).get();
  if (!answer) return std::unexpected(std::move(answer).error());
  std::vector<std::vector<std::string>> table{{"WHO", "PRESENCE", "CONSENT"}};
  for (const auto& value : array_at(*answer, "contacts")) {
    const auto& contact = value.as_object();
    if (request.as_json) print_json(contact);
    const auto* shown = contact.if_contains("presence");
    const bool incoming = string_at(contact, "direction") == "in";
    table.push_back({printable(names.user_name(string_at(contact, "user"))),
                     shown != nullptr ? presence_text(shown->as_object()) : "-",
                     string_at(contact, "state") + (incoming ? ", sees you" : ", you see them")});
  }
  if (!request.as_json) print_table(table);
  return {};
}

Result<void> sync(const Request& request) {
  Inbox inbox;
  auto client = connected(request, inbox, true);
  if (!client) return std::unexpected(std::move(client).error());
  Directory names(**client);
  std::size_t entries = 0;
  print_missed(inbox.take(), names, request.as_json, entries);
  if (!request.as_json && entries == 0) std::puts("Nothing was missed.");
  return {};
}

}  // namespace conclave::client::terminal
