#include "runtime/doors/http/views.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace conclave::doors::http {

namespace json = boost::json;

namespace {

std::string_view state_text(identity::UserState state) {
  switch (state) {
    case identity::UserState::active:
      return "active";
    case identity::UserState::disabled:
      return "disabled";
    case identity::UserState::deleted:
      return "deleted";
  }
  return "unknown";
}

}  // namespace

json::array role_list(identity::RoleSet roles) {
  json::array out;
  for (const auto name : identity::role_names(roles)) out.push_back(json::value(name));
  return out;
}

json::object view(const identity::Tenant& tenant) {
  return {{"tenant", base::to_text(tenant.id)},
          {"domain", tenant.domain},
          {"provider", tenant.provider},
          {"created_ms", tenant.created_ms}};
}

json::object view(const identity::UserView& user) {
  return {{"user", base::to_text(user.user)},
          {"account", user.account},
          {"display_name", user.display_name},
          {"kind", user.kind == identity::UserKind::service ? "service" : "person"},
          {"state", state_text(user.state)},
          {"roles", role_list(user.roles)}};
}

json::object view(const identity::Group& group) {
  json::array members;
  for (const UserId user : group.members) members.push_back(json::value(base::to_text(user)));
  return {{"group", base::to_text(group.id)},
          {"name", group.name},
          {"roles", role_list(group.roles)},
          {"members", std::move(members)},
          {"created_ms", group.created_ms}};
}

json::object view(const identity::DeviceView& device) {
  return {{"device", base::to_text(device.device)},
          {"name", device.name},
          {"platform", device.platform},
          {"algorithm", device.algorithm},
          {"created_ms", device.created_ms},
          {"last_active_ms", device.last_active_ms},
          {"online", device.online},
          {"revoked", device.revoked},
          {"primary", device.primary},
          {"address", device.address}};
}

json::object view(const identity::SessionView& session) {
  return {{"session", base::to_text(session.session)},
          {"user", base::to_text(session.user)},
          {"device", base::to_text(session.device)},
          {"address", session.address},
          {"created_ms", session.created_ms},
          {"last_active_ms", session.last_active_ms},
          {"online", session.online}};
}

json::object view(const identity::RoomSummary& room) {
  return {{"room", base::to_text(room.room)},
          {"kind", room.kind},
          {"name", room.name},
          {"members", room.members},
          {"head_seq", room.head_seq}};
}

json::object view(const identity::RoomMember& member) {
  return {{"user", base::to_text(member.user)}, {"role", member.role}, {"state", member.state}};
}

json::object view(const hsm::api::KeyInfo& key) {
  return {{"label", key.label},
          {"type", key.type},
          {"mechanism", key.mechanism},
          {"sensitive", key.sensitive},
          {"extractable", key.extractable},
          {"created_ms", key.created_ms}};
}

}  // namespace conclave::doors::http
