#pragma once

#include <boost/json/object.hpp>

#include "runtime/identity/account.hpp"
#include "runtime/identity/administration.hpp"

// Values of the domain as the management API shows them.
namespace conclave::doors::http {

[[nodiscard]] boost::json::array role_list(identity::RoleSet roles);
[[nodiscard]] boost::json::object view(const identity::Tenant& tenant);
[[nodiscard]] boost::json::object view(const identity::UserView& user);
[[nodiscard]] boost::json::object view(const identity::Group& group);
[[nodiscard]] boost::json::object view(const identity::DeviceView& device);
[[nodiscard]] boost::json::object view(const identity::SessionView& session);
[[nodiscard]] boost::json::object view(const identity::RoomSummary& room);
[[nodiscard]] boost::json::object view(const identity::RoomMember& member);
[[nodiscard]] boost::json::object view(const hsm::api::KeyInfo& key);

// {"<name>": [view of each item]}
template <class Items>
[[nodiscard]] boost::json::object list_of(std::string_view name, const Items& items) {
  boost::json::array out;
  for (const auto& item : items) out.push_back(view(item));
  boost::json::object body;
  body[name] = std::move(out);
  return body;
}

}  // namespace conclave::doors::http
