#include "runtime/identity/directory.hpp"

#include <algorithm>

#include "runtime/identity/directory_shelf.hpp"
#include "runtime/identity/errors.hpp"

namespace conclave::identity {

namespace {

template <class Map, class Key>
auto* find_in(Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

Directory::Directory(Parts parts)
    : keys_(parts.keys),
      refused_total_(parts.metrics.counter("conclave_rows_refused_total",
                                           "Stored rows of power without a valid MAC.")) {}

Directory::~Directory() = default;

Directory::Shelf* Directory::shelf(TenantId tenant) const {
  const auto found = shelves_.find(tenant);
  return found == shelves_.end() ? nullptr : found->second.get();
}

const Tenant* Directory::tenant(TenantId id) const {
  const Shelf* found = shelf(id);
  return found == nullptr || found->tenant.state != TenantState::active ? nullptr : &found->tenant;
}

const Tenant* Directory::tenant_by_domain(std::string_view domain) const {
  const auto found = by_domain_.find(domain);
  return found == by_domain_.end() ? nullptr : tenant(found->second);
}

const Tenant* Directory::provider() const {
  return provider_ ? tenant(provider_) : nullptr;
}

std::vector<const Tenant*> Directory::tenants() const {
  std::vector<const Tenant*> out;
  for (const auto& [domain, id] : by_domain_) {
    if (const Tenant* found = tenant(id); found != nullptr) out.push_back(found);
  }
  return out;
}

const User* Directory::user(TenantId tenant, UserId id) const {
  Shelf* found = shelf(tenant);
  return found == nullptr ? nullptr : find_in(found->users, id);
}

const User* Directory::user_by_name(TenantId tenant, std::string_view local) const {
  Shelf* found = shelf(tenant);
  if (found == nullptr) return nullptr;
  const UserId* id = find_in(found->names, local);
  return id == nullptr ? nullptr : find_in(found->users, *id);
}

const User* Directory::user_by_account(TenantId tenant, std::string_view account) const {
  const Shelf* found = shelf(tenant);
  const auto name = parse_account(account);
  if (found == nullptr || !name || name->domain != found->tenant.domain) return nullptr;
  return user_by_name(tenant, name->local);
}

bool Directory::active(TenantId tenant, UserId id) const {
  const User* found = user(tenant, id);
  return found != nullptr && found->state == UserState::active && !found->damaged &&
         this->tenant(tenant) != nullptr;
}

RoleSet Directory::roles_of(TenantId tenant, UserId id) const {
  const Shelf* found = shelf(tenant);
  const User* person = user(tenant, id);
  if (person == nullptr) return {};
  std::uint32_t bits = person->own_roles.bits();
  if (const auto* groups = find_in(found->groups_of, id); groups != nullptr) {
    for (const GroupId group : *groups) bits |= found->groups.at(group).roles.bits();
  }
  RoleSet roles = RoleSet::from_bits(bits);
  // Rows are checked when they change; if two sound rows still conflict, neither power is given.
  if (!check_roles(roles, found->tenant.provider)) return RoleSet{Role::guest};
  return roles;
}

std::string Directory::account_of(const User& user) const {
  const Shelf* found = shelf(user.tenant);
  return found == nullptr ? user.name : user.name + "@" + found->tenant.domain;
}

std::vector<const User*> Directory::users(TenantId tenant) const {
  std::vector<const User*> out;
  const Shelf* found = shelf(tenant);
  if (found == nullptr) return out;
  for (const auto& [name, id] : found->names) {
    const User& user = found->users.at(id);
    if (user.state != UserState::deleted) out.push_back(&user);
  }
  return out;
}

const Credential* Directory::credential(TenantId tenant, UserId id) const {
  Shelf* found = shelf(tenant);
  return found == nullptr ? nullptr : find_in(found->credentials, id);
}

const Device* Directory::device(TenantId tenant, DeviceId id) const {
  Shelf* found = shelf(tenant);
  return found == nullptr ? nullptr : find_in(found->devices, id);
}

std::vector<const Device*> Directory::devices_of(TenantId tenant, UserId id) const {
  std::vector<const Device*> out;
  Shelf* found = shelf(tenant);
  if (found == nullptr) return out;
  if (const auto* ids = find_in(found->devices_of, id); ids != nullptr) {
    for (const DeviceId device : *ids) out.push_back(&found->devices.at(device));
  }
  return out;
}

const Group* Directory::group(TenantId tenant, GroupId id) const {
  Shelf* found = shelf(tenant);
  return found == nullptr ? nullptr : find_in(found->groups, id);
}

const Group* Directory::group_by_name(TenantId tenant, std::string_view name) const {
  for (const Group* group : groups(tenant)) {
    if (group->name == name) return group;
  }
  return nullptr;
}

std::vector<const Group*> Directory::groups(TenantId tenant) const {
  std::vector<const Group*> out;
  const Shelf* found = shelf(tenant);
  if (found == nullptr) return out;
  for (const auto& [id, group] : found->groups) out.push_back(&group);
  std::ranges::sort(out, {}, [](const Group* group) { return group->name; });
  return out;
}

void Directory::put_tenant(Tenant tenant) {
  auto& place = shelves_[tenant.id];
  if (!place) place = std::make_unique<Shelf>();
  by_domain_[tenant.domain] = tenant.id;
  if (tenant.provider) provider_ = tenant.id;
  place->tenant = std::move(tenant);
}

void Directory::put_user(User user, std::optional<std::string> display_name) {
  Shelf* place = shelf(user.tenant);
  if (place == nullptr) return;
  if (display_name) place->display_names[user.id] = std::move(*display_name);
  if (!user.name.empty()) place->names.try_emplace(user.name, user.id);
  const UserId id = user.id;
  place->users.insert_or_assign(id, std::move(user));
}

void Directory::put_credential(TenantId tenant, Credential credential) {
  Shelf* place = shelf(tenant);
  if (place == nullptr) return;
  const UserId id = credential.user;
  place->credentials.insert_or_assign(id, std::move(credential));
}

void Directory::drop_credential(TenantId tenant, UserId user) {
  if (Shelf* place = shelf(tenant); place != nullptr) place->credentials.erase(user);
}

void Directory::put_device(Device device, std::optional<std::string> name) {
  Shelf* place = shelf(device.tenant);
  if (place == nullptr) return;
  if (name) place->device_names[device.id] = std::move(*name);
  auto& ids = place->devices_of[device.user];
  if (std::ranges::find(ids, device.id) == ids.end()) ids.push_back(device.id);
  const DeviceId id = device.id;
  place->devices.insert_or_assign(id, std::move(device));
}

void Directory::put_group(Group group) {
  Shelf* place = shelf(group.tenant);
  if (place == nullptr) return;
  const GroupId id = group.id;
  for (auto& [user, groups] : place->groups_of) std::erase(groups, id);
  for (const UserId user : group.members) place->groups_of[user].push_back(id);
  place->groups.insert_or_assign(id, std::move(group));
}

void Directory::drop_group(TenantId tenant, GroupId group) {
  Shelf* place = shelf(tenant);
  if (place == nullptr) return;
  for (auto& [user, groups] : place->groups_of) std::erase(groups, group);
  place->groups.erase(group);
}

void Directory::drop_tenant(TenantId tenant) {
  const Shelf* place = shelf(tenant);
  if (place == nullptr) return;
  by_domain_.erase(place->tenant.domain);
  shelves_.erase(tenant);
}

void Directory::touch_device(TenantId tenant, DeviceId device, std::int64_t now_ms,
                             std::string address) {
  Shelf* place = shelf(tenant);
  if (place == nullptr) return;
  if (Device* found = find_in(place->devices, device); found != nullptr) {
    found->last_active_ms = now_ms;
    if (!address.empty()) found->last_address = std::move(address);
  }
}

std::vector<Device> Directory::stale_activity(std::int64_t age_ms, std::size_t limit) const {
  std::vector<Device> out;
  for (const auto& [tenant, shelf] : shelves_) {
    for (const auto& [id, device] : shelf->devices) {
      if (out.size() >= limit) return out;
      if (device.last_active_ms - device.stored_active_ms > age_ms) out.push_back(device);
    }
  }
  return out;
}

}  // namespace conclave::identity
