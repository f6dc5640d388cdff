#include "runtime/identity/account.hpp"

#include <algorithm>

#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"

namespace conclave::identity {

namespace {

audit::Entry entry_of(const Actor& actor, std::string action, std::string subject) {
  return {actor.tenant,       actor.user, actor.tenant, actor.device, std::move(action),
          std::move(subject), {}};
}

}  // namespace

Task<Result<std::vector<DeviceView>>> view_devices(Directory& directory, Sessions& sessions,
                                                   TenantId tenant, UserId user, DeviceId current,
                                                   bool revoked_too) {
  std::vector<DeviceId> ids;
  for (const Device* device : directory.devices_of(tenant, user)) {
    if (revoked_too || device->revoked_ms == 0) ids.push_back(device->id);
  }
  const std::vector<std::string> names = co_await directory.device_names(tenant, ids);
  std::vector<DeviceView> out;
  const auto open = sessions.of_user(tenant, user);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Device* device = directory.device(tenant, ids[i]);
    if (device == nullptr) continue;
    DeviceView view;
    view.device = device->id;
    view.name = names[i];
    view.platform = device->platform;
    view.algorithm = hsm::api::to_text(device->key.algorithm);
    view.created_ms = device->created_ms;
    view.last_active_ms = device->last_active_ms;
    view.address = device->last_address;
    view.current = device->id == current;
    view.revoked = device->revoked_ms != 0;
    view.primary = device->primary;
    for (const Session* session : open) {
      if (session->actor.device != device->id) continue;
      view.online = view.online || session->attached;
      view.last_active_ms = std::max(view.last_active_ms, session->last_active_ms);
    }
    out.push_back(std::move(view));
  }
  std::ranges::sort(out, std::greater{}, &DeviceView::last_active_ms);
  co_return out;
}

Task<Result<void>> revoke_device(Directory& directory, Sessions& sessions, RowWriter& writer,
                                 std::int64_t now_ms, TenantId tenant, DeviceId id,
                                 audit::Entry entry) {
  auto pass = co_await writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Device* found = directory.device(tenant, id);
  if (found == nullptr) co_return fail(kDeviceNotFound);
  if (found->revoked_ms != 0) co_return Result<void>{};
  Device device = *found;
  device.revoked_ms = now_ms;
  ++device.version;
  std::vector<store::Record> rows;
  rows.push_back(encode(device));
  CONCLAVE_CO_TRY(co_await writer.write(std::move(rows), {}, std::move(entry)));
  const UserId user = device.user;
  directory.put_device(std::move(device), std::nullopt);
  sessions.end_device(tenant, user, id, SessionEnd::revoked);
  co_return Result<void>{};
}

Task<Result<std::vector<DeviceView>>> Account::devices(Actor actor) {
  co_return co_await view_devices(parts_.directory, parts_.sessions, actor.tenant, actor.user,
                                  actor.device, false);
}

Result<Device> Account::own_device(const Actor& actor, DeviceId id) const {
  const Device* found = parts_.directory.device(actor.tenant, id);
  if (found == nullptr || found->user != actor.user || found->revoked_ms != 0) {
    return fail(kDeviceNotFound);
  }
  return *found;
}

Task<Result<void>> Account::rename_device(Actor actor, DeviceId id, std::string name) {
  auto label = clean_label(name);
  if (!label) co_return std::unexpected(label.error());
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto device = own_device(actor, id);
  if (!device) co_return std::unexpected(device.error());
  ++device->version;
  auto sealed = co_await parts_.writer.seal(actor.tenant, actor.user, "device", base::to_text(id),
                                            "name", device->version, *label);
  if (!sealed) co_return std::unexpected(sealed.error());
  device->name = std::move(*sealed);
  std::vector<store::Record> rows;
  rows.push_back(encode(*device));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(
      std::move(rows), {}, entry_of(actor, "device.renamed", base::to_text(id))));
  parts_.directory.put_device(std::move(*device), std::move(*label));
  co_return Result<void>{};
}

Task<Result<void>> Account::sign_out_device(Actor actor, DeviceId id) {
  auto device = own_device(actor, id);
  if (!device) co_return std::unexpected(device.error());
  parts_.sessions.end_device(actor.tenant, actor.user, id, SessionEnd::signed_out);
  co_return co_await parts_.writer.record(entry_of(actor, "device.signed_out", base::to_text(id)));
}

Task<Result<void>> Account::remove_device(Actor actor, DeviceId id) {
  auto device = own_device(actor, id);
  if (!device) co_return std::unexpected(device.error());
  co_return co_await revoke_device(parts_.directory, parts_.sessions, parts_.writer,
                                   parts_.clock.utc_ms(), actor.tenant, id,
                                   entry_of(actor, "device.revoked", base::to_text(id)));
}

Task<Result<UserView>> Account::me(Actor actor) {
  co_return co_await get(actor, actor.user);
}

Task<Result<UserView>> Account::get(Actor actor, UserId user) {
  const User* found = parts_.directory.user(actor.tenant, user);
  if (found == nullptr || found->state == UserState::deleted) co_return fail(kUserNotFound);
  auto view = co_await parts_.directory.describe_one(actor.tenant, user);
  if (!view) co_return fail(kUserNotFound);
  co_return std::move(*view);
}

Task<Result<UserView>> Account::get_by_account(Actor actor, std::string account) {
  const User* found = parts_.directory.user_by_account(actor.tenant, account);
  if (found == nullptr) co_return fail(kUserNotFound);
  co_return co_await get(actor, found->id);
}

Task<Result<std::vector<UserView>>> Account::search(Actor actor, std::string query,
                                                    std::size_t limit) {
  co_return co_await parts_.directory.search(actor, std::move(query), limit);
}

Task<Result<UserView>> Account::set_profile(Actor actor, std::string display_name) {
  auto label = clean_label(display_name);
  if (!label) co_return std::unexpected(label.error());
  {
    auto pass = co_await parts_.writer.enter();
    if (!pass) co_return std::unexpected(pass.error());
    const User* found = parts_.directory.user(actor.tenant, actor.user);
    if (found == nullptr) co_return fail(kUserNotFound);
    User user = *found;
    ++user.version;
    auto sealed =
        co_await parts_.writer.seal(actor.tenant, actor.user, "user", base::to_text(actor.user),
                                    "display_name", user.version, *label);
    if (!sealed) co_return std::unexpected(sealed.error());
    user.display = std::move(*sealed);
    std::vector<store::Record> rows;
    rows.push_back(encode(user));
    CONCLAVE_CO_TRY(co_await parts_.writer.write(
        std::move(rows), {}, entry_of(actor, "user.profile_set", base::to_text(actor.user))));
    parts_.directory.put_user(std::move(user), std::move(*label));
  }
  co_return co_await me(actor);
}

Task<Result<void>> Account::check_password(Actor actor, base::Secret password) {
  const User* user = parts_.directory.user(actor.tenant, actor.user);
  const Credential* stored = parts_.directory.credential(actor.tenant, actor.user);
  if (user == nullptr || stored == nullptr) co_return fail(kPasswordWrong);
  const std::string account = parts_.directory.account_of(*user);
  // Whoever holds an open session gets no more guesses at the password than anybody else.
  const Throttle::Attempt attempt{"session", account, "", base::to_text(actor.device)};
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  if (const std::int64_t wait = parts_.throttle.wait_ms(attempt, now_ms); wait > 0) {
    co_return std::unexpected(Error(kSignInThrottled).retry_after(wait));
  }
  parts_.throttle.started(attempt, now_ms);
  auto right = co_await parts_.passwords.matches(actor.tenant, *stored, std::move(password));
  if (!right) {
    parts_.throttle.withdrawn(attempt, now_ms);
    co_return std::unexpected(right.error());
  }
  if (!*right) co_return fail(kPasswordWrong);
  parts_.throttle.withdrawn(attempt, now_ms);
  co_return Result<void>{};
}

Task<Result<std::vector<std::string>>> Account::set_password(Actor actor, base::Secret old_password,
                                                             base::Secret new_password) {
  const User* user = parts_.directory.user(actor.tenant, actor.user);
  if (user == nullptr) co_return fail(kPasswordWrong);
  std::string account = parts_.directory.account_of(*user);
  CONCLAVE_CO_TRY(parts_.passwords.check_rules(new_password.view(), account));
  CONCLAVE_CO_TRY(co_await check_password(actor, std::move(old_password)));
  auto verdict = co_await parts_.passwords.judge(actor.tenant, actor.user, std::move(account),
                                                 base::Secret(new_password.view()), SetBy::owner);
  if (!verdict) co_return std::unexpected(verdict.error());
  auto made = co_await parts_.passwords.make(actor.tenant, actor.user, std::move(new_password));
  if (!made) co_return std::unexpected(made.error());

  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Credential* before = parts_.directory.credential(actor.tenant, actor.user);
  made->version = before == nullptr ? 1 : before->version + 1;
  made->set_ms = parts_.clock.utc_ms();
  made->breached = verdict->breached;
  std::vector<store::Record> rows = parts_.passwords.rows(actor.tenant, actor.user, *verdict);
  rows.push_back(encode(actor.tenant, *made));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(
      std::move(rows), {}, entry_of(actor, "user.password_set", base::to_text(actor.user))));
  parts_.directory.put_credential(actor.tenant, std::move(*made));
  parts_.passwords.stored(actor.tenant, actor.user, *verdict);
  co_return std::move(verdict->warnings);
}

Result<void> Account::end_session(Actor actor) {
  if (!parts_.sessions.end(actor.session, SessionEnd::signed_out)) return fail(kSessionEnded);
  return {};
}

}  // namespace conclave::identity
