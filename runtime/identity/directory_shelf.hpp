#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/identity/directory.hpp"

namespace conclave::identity {

struct Directory::Shelf {
  Tenant tenant;
  std::unordered_map<UserId, User> users;
  std::map<std::string, UserId, std::less<>> names;  // deleted ones too: names are not reused
  std::unordered_map<UserId, Credential> credentials;
  std::unordered_map<DeviceId, Device> devices;
  std::unordered_map<UserId, std::vector<DeviceId>> devices_of;
  std::map<GroupId, Group> groups;
  std::unordered_map<UserId, std::vector<GroupId>> groups_of;
  std::unordered_map<UserId, std::string> display_names;  // opened; empty: the user chose none
  std::unordered_map<DeviceId, std::string> device_names;
};

// Where the sealed names are bound to (keys contract, K3).
inline constexpr std::string_view kUserTable = "user";
inline constexpr std::string_view kDisplayColumn = "display_name";
inline constexpr std::string_view kDeviceTable = "device";
inline constexpr std::string_view kNameColumn = "name";

}  // namespace conclave::identity
