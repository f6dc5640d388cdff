#include "runtime/identity/administration.hpp"

#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"
#include "runtime/identity/rights.hpp"

namespace conclave::identity {

namespace {

constexpr RoleSet kSessionAdmins{Role::user_admin, Role::security_admin};

}  // namespace

Result<void> Administration::authorise_provider(const Actor& actor, bool read_only) const {
  return identity::authorise_provider(parts_.directory, actor, read_only);
}

Result<void> Administration::authorise(const Actor& actor, TenantId tenant, RoleSet roles) const {
  return identity::authorise(parts_.directory, actor, tenant, roles);
}

Result<TenantId> Administration::resolve_tenant(const Actor& actor, std::string_view text) const {
  if (text == "self") return actor.tenant;
  TenantId id;
  if (const auto parsed = base::parse_id<TenantId>(text)) {
    id = *parsed;
  } else if (const Tenant* tenant = parts_.directory.tenant_by_domain(text); tenant != nullptr) {
    id = tenant->id;
  }
  const bool own = id == actor.tenant;
  if (!id || (!own && !authorise_provider(actor, true))) return fail(kTenantNotFound);
  if (parts_.directory.tenant(id) == nullptr) return fail(kTenantNotFound);
  return id;
}

Result<UserId> Administration::resolve_user(TenantId tenant, std::string_view text,
                                            bool deleted_too) const {
  const User* user = nullptr;
  if (const auto parsed = base::parse_id<UserId>(text)) {
    user = parts_.directory.user(tenant, *parsed);
  } else if (text.find('@') != std::string_view::npos) {
    user = parts_.directory.user_by_account(tenant, text);
  } else if (const auto name = clean_name(text)) {
    user = parts_.directory.user_by_name(tenant, *name);
  }
  if (user == nullptr || (user->state == UserState::deleted && !deleted_too)) {
    return fail(kUserNotFound);
  }
  return user->id;
}

Result<GroupId> Administration::resolve_group(TenantId tenant, std::string_view text) const {
  const Group* group = nullptr;
  if (const auto parsed = base::parse_id<GroupId>(text)) {
    group = parts_.directory.group(tenant, *parsed);
  } else {
    group = parts_.directory.group_by_name(tenant, text);
  }
  if (group == nullptr) return fail(kGroupNotFound);
  return group->id;
}

Task<Result<TenantId>> Administration::create_tenant(Actor actor, std::string domain) {
  CONCLAVE_CO_TRY(authorise_provider(actor, false));
  co_return co_await make_tenant(actor, std::move(domain), false);
}

Task<Result<TenantId>> Administration::make_tenant(Actor by, std::string domain, bool provider) {
  auto cleaned = clean_domain(domain);
  if (!cleaned) co_return std::unexpected(cleaned.error());
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (parts_.directory.tenant_by_domain(*cleaned) != nullptr) co_return fail(kTenantExists);
  Tenant tenant;
  do {
    tenant.id = TenantId{parts_.random.id_value()};
  } while (parts_.directory.tenant(tenant.id) != nullptr);
  tenant.domain = std::move(*cleaned);
  tenant.provider = provider;
  tenant.created_ms = parts_.clock.utc_ms();
  tenant.version = 1;
  auto& keys = parts_.keys;
  const TenantId id = tenant.id;
  CONCLAVE_CO_TRY(co_await async::await_callback<void>(
      [&keys, id](Callback<void> done) { keys.create_tenant(id, std::move(done)); }));
  std::vector<store::Record> rows;
  rows.push_back(encode(tenant));
  audit::Entry entry = admin_entry(by, id, "tenant.created", base::to_text(id));
  entry.facts.emplace_back("domain", tenant.domain);
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  parts_.directory.put_tenant(std::move(tenant));
  co_return id;
}

Result<std::vector<Tenant>> Administration::list_tenants(Actor actor) const {
  CONCLAVE_TRY(authorise_provider(actor, true));
  std::vector<Tenant> out;
  for (const Tenant* tenant : parts_.directory.tenants()) out.push_back(*tenant);
  return out;
}

Task<Result<void>> Administration::delete_tenant(Actor actor, TenantId tenant) {
  CONCLAVE_CO_TRY(authorise_provider(actor, false));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Tenant* found = parts_.directory.tenant(tenant);
  if (found == nullptr) co_return fail(kTenantNotFound);
  if (found->provider) co_return fail(kDenied, "the provider's own tenant");
  // In the provider's trail: the tenant's own goes with it.
  audit::Entry entry = admin_entry(actor, actor.tenant, "tenant.deleted", base::to_text(tenant));
  entry.facts.emplace_back("domain", found->domain);
  store::Transaction more;
  more.push_back(store::DeleteTenant{tenant});
  CONCLAVE_CO_TRY(co_await parts_.writer.write({}, std::move(more), std::move(entry)));
  parts_.directory.drop_tenant(tenant);
  parts_.sessions.end_tenant(tenant, SessionEnd::revoked);
  if (parts_.rooms != nullptr) parts_.rooms->forget_tenant(tenant);
  co_return Result<void>{};
}

Task<Result<std::vector<DeviceView>>> Administration::list_devices(Actor actor, TenantId tenant,
                                                                   UserId user) {
  CONCLAVE_CO_TRY(authorise(actor, tenant, kSessionAdmins));
  if (parts_.directory.user(tenant, user) == nullptr) co_return fail(kUserNotFound);
  co_return co_await view_devices(parts_.directory, parts_.sessions, tenant, user, actor.device,
                                  true);
}

Task<Result<void>> Administration::sign_out_device(Actor actor, TenantId tenant, DeviceId device) {
  CONCLAVE_CO_TRY(authorise(actor, tenant, kSessionAdmins));
  const Device* found = parts_.directory.device(tenant, device);
  if (found == nullptr) co_return fail(kDeviceNotFound);
  parts_.sessions.end_device(tenant, found->user, device, SessionEnd::signed_out);
  co_return co_await parts_.writer.record(
      admin_entry(actor, tenant, "device.signed_out", base::to_text(device)));
}

Task<Result<void>> Administration::remove_device(Actor actor, TenantId tenant, DeviceId device) {
  CONCLAVE_CO_TRY(authorise(actor, tenant, kSessionAdmins));
  co_return co_await revoke_device(
      parts_.directory, parts_.sessions, parts_.writer, parts_.clock.utc_ms(), tenant, device,
      admin_entry(actor, tenant, "device.revoked", base::to_text(device)));
}

Result<std::vector<SessionView>> Administration::list_sessions(Actor actor, TenantId tenant) const {
  CONCLAVE_TRY(authorise(actor, tenant, kSessionAdmins));
  std::vector<SessionView> out;
  for (const Session* session : parts_.sessions.of_tenant(tenant)) {
    out.push_back({session->id, session->actor.user, session->actor.device, session->address,
                   session->created_ms, session->last_active_ms, session->attached});
  }
  return out;
}

Task<Result<void>> Administration::end_session(Actor actor, TenantId tenant, SessionId session) {
  CONCLAVE_CO_TRY(authorise(actor, tenant, kSessionAdmins));
  const Session* found = parts_.sessions.find(session);
  if (found == nullptr || found->actor.tenant != tenant) co_return fail(kSessionNotFound);
  static_cast<void>(parts_.sessions.end(session, SessionEnd::revoked));
  co_return co_await parts_.writer.record(
      admin_entry(actor, tenant, "session.ended", base::to_text(session)));
}

}  // namespace conclave::identity
