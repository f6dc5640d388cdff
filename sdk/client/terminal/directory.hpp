#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sdk/client/client.hpp"

namespace conclave::client::terminal {

// Names of people and rooms, asked once. Blocks on the server: main thread only.
class Directory {
 public:
  explicit Directory(Client& client) : client_(client) {}

  // What a person typed for a room: its id, its name, or somebody's account (the conversation with
  // them). room.not_found when nothing or more than one fits.
  [[nodiscard]] Result<json::object> room(std::string_view text);
  // An account or a user's id.
  [[nodiscard]] Result<std::string> user_id(std::string_view text);
  // Display name; the id when nobody of that id can be asked for.
  [[nodiscard]] const std::string& user_name(const std::string& user);
  [[nodiscard]] const std::string& room_name(const std::string& room);

 private:
  [[nodiscard]] Result<json::object> room_by_name(std::string_view name);
  [[nodiscard]] std::string title_of(const json::object& room);

  Client& client_;
  std::map<std::string, std::string> users_;
  std::map<std::string, std::string> rooms_;
};

}  // namespace conclave::client::terminal
