#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/administration.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"

namespace conclave::identity {

namespace {

constexpr RoleSet kUserAdmins{Role::user_admin};
constexpr RoleSet kGroupReaders{Role::user_admin, Role::security_admin, Role::auditor};

}  // namespace

Result<Group> Administration::group_for_change(const Actor& actor, TenantId tenant,
                                               GroupId id) const {
  CONCLAVE_TRY(authorise(actor, tenant, kUserAdmins));
  const Group* group = parts_.directory.group(tenant, id);
  if (group == nullptr) return fail(kGroupNotFound);
  CONCLAVE_TRY(may_manage(actor, tenant, group->roles));
  return *group;
}

Task<Result<void>> Administration::store_group(Group group, std::vector<store::Record> rows,
                                               store::Transaction more, audit::Entry entry,
                                               std::vector<UserId> affected) {
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), std::move(more), std::move(entry)));
  const TenantId tenant = group.tenant;
  const bool powers = group.roles != RoleSet{};
  parts_.directory.put_group(std::move(group));
  for (const UserId user : affected) {
    if (powers) parts_.sessions.end_user(tenant, user, SessionEnd::changed);
  }
  co_return Result<void>{};
}

Task<Result<GroupId>> Administration::create_group(Actor actor, TenantId tenant, std::string name,
                                                   RoleSet roles) {
  auto cleaned = clean_name(name);
  if (!cleaned) co_return std::unexpected(cleaned.error());
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  CONCLAVE_CO_TRY(authorise(actor, tenant, kUserAdmins));
  CONCLAVE_CO_TRY(may_manage(actor, tenant, roles));
  CONCLAVE_CO_TRY(check_roles(roles, parts_.directory.tenant(tenant)->provider));
  if (parts_.directory.group_by_name(tenant, *cleaned) != nullptr) co_return fail(kGroupExists);
  Group group;
  do {
    group.id = GroupId{parts_.random.id_value()};
  } while (parts_.directory.group(tenant, group.id) != nullptr);
  group.tenant = tenant;
  group.name = std::move(*cleaned);
  group.roles = roles;
  group.created_ms = parts_.clock.utc_ms();
  group.version = 1;
  const GroupId id = group.id;
  std::vector<store::Record> rows;
  rows.push_back(encode(group));
  audit::Entry entry = admin_entry(actor, tenant, "group.created", base::to_text(id));
  entry.facts.emplace_back("roles", std::to_string(roles.bits()));
  CONCLAVE_CO_TRY(
      co_await store_group(std::move(group), std::move(rows), {}, std::move(entry), {}));
  co_return id;
}

Task<Result<void>> Administration::set_group_roles(Actor actor, TenantId tenant, GroupId id,
                                                   RoleSet roles) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto group = group_for_change(actor, tenant, id);
  if (!group) co_return std::unexpected(group.error());
  if (group->members.contains(actor.user))
    co_return fail(kDenied, "nobody changes their own roles");
  CONCLAVE_CO_TRY(may_manage(actor, tenant, roles));
  const bool provider = parts_.directory.tenant(tenant)->provider;
  for (const UserId member : group->members) {
    RoleSet effective = roles;
    const User* user = parts_.directory.user(tenant, member);
    if (user != nullptr) {
      effective = RoleSet::from_bits(effective.bits() | user->own_roles.bits());
    }
    for (const Group* other : parts_.directory.groups(tenant)) {
      if (other->id == id || !other->members.contains(member)) continue;
      effective = RoleSet::from_bits(effective.bits() | other->roles.bits());
    }
    CONCLAVE_CO_TRY(check_roles(effective, provider));
  }
  CONCLAVE_CO_TRY(check_roles(roles, provider));
  group->roles = roles;
  ++group->version;
  const std::vector<UserId> members(group->members.begin(), group->members.end());
  std::vector<store::Record> rows;
  rows.push_back(encode(*group));
  audit::Entry entry = admin_entry(actor, tenant, "group.roles_set", base::to_text(id));
  entry.facts.emplace_back("roles", std::to_string(roles.bits()));
  CONCLAVE_CO_TRY(
      co_await store_group(std::move(*group), std::move(rows), {}, std::move(entry), {}));
  for (const UserId member : members) {
    parts_.sessions.end_user(tenant, member, SessionEnd::changed);
  }
  co_return Result<void>{};
}

Task<Result<void>> Administration::delete_group(Actor actor, TenantId tenant, GroupId id) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto group = group_for_change(actor, tenant, id);
  if (!group) co_return std::unexpected(group.error());
  store::Transaction more;
  more.push_back(store::DeleteRecord{store::RecordKind::group, tenant, id.value, 0});
  for (const UserId member : group->members) {
    more.push_back(
        store::DeleteRecord{store::RecordKind::group_member, tenant, id.value, member.value});
  }
  CONCLAVE_CO_TRY(co_await parts_.writer.write(
      {}, std::move(more), admin_entry(actor, tenant, "group.deleted", base::to_text(id))));
  parts_.directory.drop_group(tenant, id);
  for (const UserId member : group->members) {
    if (group->roles != RoleSet{}) parts_.sessions.end_user(tenant, member, SessionEnd::changed);
  }
  co_return Result<void>{};
}

Task<Result<void>> Administration::add_member(Actor actor, TenantId tenant, GroupId id,
                                              UserId user) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto group = group_for_change(actor, tenant, id);
  if (!group) co_return std::unexpected(group.error());
  const User* found = parts_.directory.user(tenant, user);
  if (found == nullptr || found->state == UserState::deleted) co_return fail(kUserNotFound);
  if (group->members.contains(user)) co_return Result<void>{};
  if (user == actor.user && group->roles != RoleSet{}) {
    co_return fail(kDenied, "nobody changes their own roles");
  }
  const RoleSet effective =
      RoleSet::from_bits(parts_.directory.roles_of(tenant, user).bits() | group->roles.bits());
  CONCLAVE_CO_TRY(check_roles(effective, parts_.directory.tenant(tenant)->provider));
  group->members.insert(user);
  group->member_versions[user] = 1;
  std::vector<store::Record> rows;
  rows.push_back(encode_member(tenant, id, user, 1));
  audit::Entry entry = admin_entry(actor, tenant, "group.member_added", base::to_text(id));
  entry.facts.emplace_back("user", base::to_text(user));
  co_return co_await store_group(std::move(*group), std::move(rows), {}, std::move(entry), {user});
}

Task<Result<void>> Administration::remove_member(Actor actor, TenantId tenant, GroupId id,
                                                 UserId user) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto group = group_for_change(actor, tenant, id);
  if (!group) co_return std::unexpected(group.error());
  if (!group->members.contains(user)) co_return fail(kUserNotFound, "not a member");
  if (user == actor.user && group->roles != RoleSet{}) {
    co_return fail(kDenied, "nobody changes their own roles");
  }
  group->members.erase(user);
  group->member_versions.erase(user);
  store::Transaction more;
  more.push_back(
      store::DeleteRecord{store::RecordKind::group_member, tenant, id.value, user.value});
  audit::Entry entry = admin_entry(actor, tenant, "group.member_removed", base::to_text(id));
  entry.facts.emplace_back("user", base::to_text(user));
  co_return co_await store_group(std::move(*group), {}, std::move(more), std::move(entry), {user});
}

Result<std::vector<Group>> Administration::list_groups(Actor actor, TenantId tenant) const {
  CONCLAVE_TRY(authorise(actor, tenant, kGroupReaders));
  std::vector<Group> out;
  for (const Group* group : parts_.directory.groups(tenant)) out.push_back(*group);
  return out;
}

}  // namespace conclave::identity
