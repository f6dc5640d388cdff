#include <algorithm>

#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/administration.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"

namespace conclave::identity {

namespace {

constexpr RoleSet kUserAdmins{Role::user_admin};
constexpr RoleSet kUserReaders{Role::user_admin, Role::security_admin, Role::auditor,
                               Role::room_admin};
// What only a security_admin (or the provider) gives, takes, or manages the holders of.
constexpr RoleSet kSecurityPowers{Role::security_admin, Role::auditor};
constexpr RoleSet kProviderPowers{Role::provider_admin, Role::provider_auditor};

bool any(RoleSet left, RoleSet right) {
  return (left.bits() & right.bits()) != 0;
}

RoleSet difference(RoleSet left, RoleSet right) {
  return RoleSet::from_bits(left.bits() ^ right.bits());
}

}  // namespace

Result<void> Administration::may_manage(const Actor& actor, TenantId tenant, RoleSet powers) const {
  if (!actor.user || authorise_provider(actor, false)) return {};
  CONCLAVE_TRY(authorise(actor, tenant, kUserAdmins));
  if (any(powers, kProviderPowers)) return fail(kDenied, "provider_admin");
  if (any(powers, kSecurityPowers) && !actor.roles.has(Role::security_admin)) {
    return fail(kDenied, "security_admin");
  }
  return {};
}

Result<User> Administration::manageable(const Actor& actor, TenantId tenant, UserId id) const {
  CONCLAVE_TRY(authorise(actor, tenant, kUserAdmins));
  const User* user = parts_.directory.user(tenant, id);
  if (user == nullptr || user->state == UserState::deleted) return fail(kUserNotFound);
  if (user->damaged) return fail(kRowRefused, base::to_text(id));
  CONCLAVE_TRY(may_manage(actor, tenant, parts_.directory.roles_of(tenant, id)));
  return *user;
}

bool Administration::is_last_provider_admin(TenantId tenant, UserId id) const {
  const Tenant* provider = parts_.directory.provider();
  if (provider == nullptr || provider->id != tenant) return false;
  const auto is_admin = [&](const User* user) {
    return parts_.directory.active(tenant, user->id) &&
           parts_.directory.roles_of(tenant, user->id).has(Role::provider_admin);
  };
  const auto users = parts_.directory.users(tenant);
  return std::ranges::none_of(users,
                              [&](const User* user) { return user->id != id && is_admin(user); });
}

Task<Result<UserId>> Administration::create_user(Actor actor, TenantId tenant, NewUser user) {
  CONCLAVE_CO_TRY(authorise(actor, tenant, kUserAdmins));
  CONCLAVE_CO_TRY(may_manage(actor, tenant, user.roles));
  co_return co_await make_user(actor, tenant, std::move(user));
}

Task<Result<UserId>> Administration::make_user(Actor by, TenantId tenant, NewUser wanted) {
  auto name = clean_name(wanted.name);
  if (!name) co_return std::unexpected(name.error());
  std::string display;
  if (!wanted.display_name.empty()) {
    auto label = clean_label(wanted.display_name);
    if (!label) co_return std::unexpected(label.error());
    display = std::move(*label);
  }
  const Tenant* home = parts_.directory.tenant(tenant);
  if (home == nullptr) co_return fail(kTenantNotFound);
  if (wanted.kind == UserKind::service) wanted.roles.add(Role::service);
  CONCLAVE_CO_TRY(check_roles(wanted.roles, home->provider));
  User user;
  user.id = UserId{parts_.random.id_value()};
  std::optional<Credential> credential;
  if (wanted.password) {
    // Of somebody new there is nothing to keep beside the credential.
    auto judged = co_await parts_.passwords.judge(
        tenant, user.id, *name, base::Secret(wanted.password->view()), SetBy::admin);
    if (!judged) co_return std::unexpected(judged.error());
    // Argon2id runs outside the gate: others need not wait for it.
    auto made = co_await parts_.passwords.make(tenant, user.id, std::move(*wanted.password));
    if (!made) co_return std::unexpected(made.error());
    credential = std::move(*made);
    credential->version = 1;
    credential->set_ms = parts_.clock.utc_ms();
    credential->breached = judged->breached;
  }
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (parts_.directory.user_by_name(tenant, *name) != nullptr) co_return fail(kUserExists);
  if (parts_.directory.user(tenant, user.id) != nullptr) co_return fail(base::kInternal, "id");
  user.tenant = tenant;
  user.name = std::move(*name);
  user.kind = wanted.kind;
  user.own_roles = wanted.roles;
  user.created_ms = parts_.clock.utc_ms();
  user.version = 1;
  auto sealed = co_await parts_.writer.seal(tenant, user.id, "user", base::to_text(user.id),
                                            "display_name", user.version, display);
  if (!sealed) co_return std::unexpected(sealed.error());
  user.display = std::move(*sealed);
  std::vector<store::Record> rows;
  rows.push_back(encode(user));
  if (credential) rows.push_back(encode(tenant, *credential));
  audit::Entry entry = admin_entry(by, tenant, "user.created", base::to_text(user.id));
  for (const auto role : role_names(user.own_roles)) entry.facts.emplace_back(role, "granted");
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  const UserId id = user.id;
  parts_.directory.put_user(std::move(user), std::move(display));
  if (credential) parts_.directory.put_credential(tenant, std::move(*credential));
  co_return id;
}

Task<Result<void>> Administration::change_user(Actor actor, TenantId tenant, UserId id,
                                               UserChange change) {
  auto checked = manageable(actor, tenant, id);
  if (!checked) co_return std::unexpected(checked.error());
  std::optional<Credential> credential;
  PasswordVerdict verdict;
  if (change.password) {
    auto judged = co_await parts_.passwords.judge(
        tenant, id, checked->name, base::Secret(change.password->view()), SetBy::admin);
    if (!judged) co_return std::unexpected(judged.error());
    verdict = std::move(*judged);
    auto made = co_await parts_.passwords.make(tenant, id, std::move(*change.password));
    if (!made) co_return std::unexpected(made.error());
    credential = std::move(*made);
  }
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto user = manageable(actor, tenant, id);  // once more: it may have changed meanwhile
  if (!user) co_return std::unexpected(user.error());
  if (change.roles) {
    if (id == actor.user) co_return fail(kDenied, "nobody changes their own roles");
    CONCLAVE_CO_TRY(may_manage(actor, tenant, difference(*change.roles, user->own_roles)));
    RoleSet effective = *change.roles;
    for (const Group* group : parts_.directory.groups(tenant)) {
      if (!group->members.contains(id)) continue;
      effective = RoleSet::from_bits(effective.bits() | group->roles.bits());
    }
    CONCLAVE_CO_TRY(check_roles(effective, parts_.directory.tenant(tenant)->provider));
  }
  const bool loses_admin = (change.enabled && !*change.enabled) ||
                           (change.roles && !change.roles->has(Role::provider_admin));
  if (loses_admin && is_last_provider_admin(tenant, id)) co_return fail(kLastAdmin);
  co_return co_await apply(actor, std::move(*user), std::move(change), std::move(credential),
                           std::move(verdict));
}

Task<Result<void>> Administration::apply(Actor actor, User user, UserChange change,
                                         std::optional<Credential> credential,
                                         PasswordVerdict verdict) {
  audit::Entry entry = admin_entry(actor, user.tenant, "user.changed", base::to_text(user.id));
  ++user.version;
  std::optional<std::string> label;
  if (change.display_name) {
    auto cleaned = clean_label(*change.display_name);
    if (!cleaned) co_return std::unexpected(cleaned.error());
    label = std::move(*cleaned);
    auto sealed = co_await parts_.writer.seal(user.tenant, user.id, "user", base::to_text(user.id),
                                              "display_name", user.version, *label);
    if (!sealed) co_return std::unexpected(sealed.error());
    user.display = std::move(*sealed);
    entry.facts.emplace_back("display_name", "set");
  }
  if (change.roles) {
    user.own_roles = *change.roles;
    entry.facts.emplace_back("roles", std::to_string(change.roles->bits()));
  }
  if (change.enabled) {
    user.state = *change.enabled ? UserState::active : UserState::disabled;
    entry.facts.emplace_back("enabled", *change.enabled ? "true" : "false");
  }
  std::vector<store::Record> rows;
  if (credential) rows = parts_.passwords.rows(user.tenant, user.id, verdict);
  rows.push_back(encode(user));
  if (credential) {
    const Credential* before = parts_.directory.credential(user.tenant, user.id);
    credential->version = before == nullptr ? 1 : before->version + 1;
    credential->set_ms = parts_.clock.utc_ms();
    credential->breached = verdict.breached;
    rows.push_back(encode(user.tenant, *credential));
    entry.facts.emplace_back("password", "set");
  }
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  const TenantId tenant = user.tenant;
  const UserId id = user.id;
  const bool disabled = user.state != UserState::active;
  parts_.directory.put_user(std::move(user), std::move(label));
  if (credential) parts_.passwords.stored(tenant, id, verdict);
  const bool new_password = credential.has_value();
  if (credential) parts_.directory.put_credential(tenant, std::move(*credential));
  if (disabled) {
    parts_.sessions.end_user(tenant, id, SessionEnd::revoked);
  } else if (new_password || change.roles) {
    parts_.sessions.end_user(tenant, id, SessionEnd::changed);
  }
  co_return Result<void>{};
}

Task<Result<void>> Administration::delete_user(Actor actor, TenantId tenant, UserId id) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (const User* gone = parts_.directory.user(tenant, id);
      gone != nullptr && gone->state == UserState::deleted) {
    co_return authorise(actor, tenant, kUserAdmins);
  }
  auto user = manageable(actor, tenant, id);
  if (!user) co_return std::unexpected(user.error());
  if (id == actor.user) co_return fail(kDenied, "nobody deletes their own account here");
  if (is_last_provider_admin(tenant, id)) co_return fail(kLastAdmin);
  user->state = UserState::deleted;
  user->own_roles = {};
  user->display = {};
  ++user->version;
  std::vector<store::Record> rows;
  rows.push_back(encode(*user));
  std::vector<Device> revoked;
  for (const Device* device : parts_.directory.devices_of(tenant, id)) {
    if (device->revoked_ms != 0) continue;
    revoked.push_back(*device);
    revoked.back().revoked_ms = parts_.clock.utc_ms();
    ++revoked.back().version;
    rows.push_back(encode(revoked.back()));
  }
  store::Transaction more;
  more.push_back(
      store::DeleteRecord{store::RecordKind::credential, tenant, id.value, kPasswordSlot});
  const store::DoomedKeyRow doomed = parts_.eraser.author(tenant, id);
  more.push_back(store::PutDoomedKey{doomed});
  for (const Belongings* other : belongings_) other->take_along(tenant, id, &more);
  CONCLAVE_CO_TRY(
      co_await parts_.writer.write(std::move(rows), std::move(more),
                                   admin_entry(actor, tenant, "user.deleted", base::to_text(id))));
  parts_.directory.put_user(std::move(*user), std::string());
  for (Device& device : revoked) parts_.directory.put_device(std::move(device), std::nullopt);
  parts_.directory.drop_credential(tenant, id);
  for (Belongings* other : belongings_) other->gone(tenant, id);
  parts_.sessions.end_user(tenant, id, SessionEnd::revoked);
  co_await parts_.eraser.erase(doomed);
  co_return Result<void>{};
}

Task<Result<std::vector<UserView>>> Administration::list_users(Actor actor, TenantId tenant,
                                                               std::string query, std::string after,
                                                               std::size_t limit) {
  CONCLAVE_CO_TRY(authorise(actor, tenant, kUserReaders));
  if (!query.empty()) {
    Actor seeker{tenant, actor.user, actor.device, actor.session, {}};
    co_return co_await parts_.directory.search(seeker, std::move(query), limit);
  }
  std::vector<UserId> page;
  for (const User* user : parts_.directory.users(tenant)) {
    if (user->name > after && page.size() < limit) page.push_back(user->id);
  }
  co_return co_await parts_.directory.describe(tenant, std::move(page));
}

Task<Result<UserView>> Administration::get_user(Actor actor, TenantId tenant, UserId user) {
  CONCLAVE_CO_TRY(authorise(actor, tenant, kUserReaders));
  auto view = co_await parts_.directory.describe_one(tenant, user);
  if (!view) co_return fail(kUserNotFound);
  co_return std::move(*view);
}

}  // namespace conclave::identity
