#include <array>

#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/named.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/doors/http/views.hpp"

// Users and their devices.
namespace conclave::doors::http {

namespace {

Result<Named<UserId>> named_user(const Context& context, const Call& call,
                                 bool deleted_too = false) {
  return named<UserId>(context, call, [&](TenantId tenant, std::string_view text) {
    return context.services.administration.resolve_user(tenant, text, deleted_too);
  });
}

Task<Result<Answer>> show(Context context, identity::Actor actor, Named<UserId> named, int status) {
  auto user = co_await context.services.administration.get_user(actor, named.tenant, named.id);
  if (!user) co_return std::unexpected(user.error());
  co_return Answer{view(*user), status};
}

Task<Result<Answer>> list_users(Context context, Call call) {
  auto& administration = context.services.administration;
  auto tenant = administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  auto limit = page_limit(call);
  if (!limit) co_return std::unexpected(limit.error());
  auto users = co_await administration.list_users(call.actor, *tenant, call.query["query"],
                                                  call.query["after"], *limit);
  if (!users) co_return std::unexpected(users.error());
  co_return Answer{list_of("users", *users)};
}

Task<Result<Answer>> create_user(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  Fields in(std::move(call.body));
  identity::NewUser user;
  user.name = in.text("name");
  user.display_name = in.optional_text("display_name").value_or("");
  user.roles = in.optional_roles("roles").value_or(identity::RoleSet{});
  user.password = in.optional_secret("password");
  const std::string kind = in.optional_text("kind").value_or("person");
  if (kind != "person" && kind != "service") in.reject("kind", "must be person or service");
  user.kind = kind == "service" ? identity::UserKind::service : identity::UserKind::person;
  CONCLAVE_CO_TRY(in.finish());
  auto made =
      co_await context.services.administration.create_user(call.actor, *tenant, std::move(user));
  if (!made) co_return std::unexpected(made.error());
  co_return co_await show(context, call.actor, {*tenant, *made}, 201);
}

Task<Result<Answer>> get_user(Context context, Call call) {
  auto named = named_user(context, call);
  if (!named) co_return std::unexpected(named.error());
  co_return co_await show(context, call.actor, *named, 200);
}

Task<Result<Answer>> change_user(Context context, Call call) {
  auto named = named_user(context, call);
  if (!named) co_return std::unexpected(named.error());
  Fields in(std::move(call.body));
  identity::UserChange change;
  change.display_name = in.optional_text("display_name");
  change.roles = in.optional_roles("roles");
  change.enabled = in.optional_flag("enabled");
  change.password = in.optional_secret("password");
  CONCLAVE_CO_TRY(in.finish());
  CONCLAVE_CO_TRY(co_await context.services.administration.change_user(
      call.actor, named->tenant, named->id, std::move(change)));
  co_return co_await show(context, call.actor, *named, 200);
}

Task<Result<Answer>> delete_user(Context context, Call call) {
  auto named = named_user(context, call, true);  // a repeat is answered like the first time
  if (!named) co_return std::unexpected(named.error());
  CONCLAVE_CO_TRY(
      co_await context.services.administration.delete_user(call.actor, named->tenant, named->id));
  co_return Answer{};
}

Task<Result<Answer>> list_devices(Context context, Call call) {
  auto named = named_user(context, call);
  if (!named) co_return std::unexpected(named.error());
  auto devices =
      co_await context.services.administration.list_devices(call.actor, named->tenant, named->id);
  if (!devices) co_return std::unexpected(devices.error());
  co_return Answer{list_of("devices", *devices)};
}

// Two admins of the tenant let a person in whose primary device is lost (path admin_pair).
Task<Result<Answer>> vouch(Context context, Call call) {
  CONCLAVE_CO_TRY(Fields(std::move(call.body)).finish());
  auto named = named_user(context, call);
  if (!named) co_return std::unexpected(named.error());
  auto done = co_await context.services.recovery.vouch(call.actor, named->tenant, named->id);
  if (!done) co_return std::unexpected(done.error());
  co_return Answer{{{"admins", done->admins.size()}, {"begun_ms", done->begun_ms}}};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/tenants/{tenant}/users", Access::session, list_users},
    Route{"POST", "/api/v1/tenants/{tenant}/users", Access::session, create_user},
    Route{"GET", "/api/v1/tenants/{tenant}/users/{user}", Access::session, get_user},
    Route{"PATCH", "/api/v1/tenants/{tenant}/users/{user}", Access::session, change_user},
    Route{"DELETE", "/api/v1/tenants/{tenant}/users/{user}", Access::session, delete_user},
    Route{"GET", "/api/v1/tenants/{tenant}/users/{user}/devices", Access::session, list_devices},
    Route{"POST", "/api/v1/tenants/{tenant}/users/{user}/recovery", Access::session, vouch},
};

}  // namespace

std::span<const Route> user_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
