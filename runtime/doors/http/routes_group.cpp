#include <array>

#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/named.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/doors/http/views.hpp"

// Groups and their members.
namespace conclave::doors::http {

namespace {

Result<Named<GroupId>> named_group(const Context& context, const Call& call) {
  return named<GroupId>(context, call, [&](TenantId tenant, std::string_view text) {
    return context.services.administration.resolve_group(tenant, text);
  });
}

Task<Result<Answer>> list_groups(Context context, Call call) {
  auto& administration = context.services.administration;
  auto tenant = administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  auto groups = administration.list_groups(call.actor, *tenant);
  if (!groups) co_return std::unexpected(groups.error());
  co_return Answer{list_of("groups", *groups)};
}

Task<Result<Answer>> create_group(Context context, Call call) {
  auto& administration = context.services.administration;
  auto tenant = administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  Fields in(std::move(call.body));
  std::string name = in.text("name");
  const auto roles = in.optional_roles("roles").value_or(identity::RoleSet{});
  CONCLAVE_CO_TRY(in.finish());
  auto made = co_await administration.create_group(call.actor, *tenant, std::move(name), roles);
  if (!made) co_return std::unexpected(made.error());
  co_return Answer{view(*context.services.directory.group(*tenant, *made)), 201};
}

Task<Result<Answer>> change_group(Context context, Call call) {
  auto named = named_group(context, call);
  if (!named) co_return std::unexpected(named.error());
  Fields in(std::move(call.body));
  const auto roles = in.optional_roles("roles");
  if (!roles) in.reject("roles", "is missing");
  CONCLAVE_CO_TRY(in.finish());
  CONCLAVE_CO_TRY(co_await context.services.administration.set_group_roles(
      call.actor, named->tenant, named->id, *roles));
  co_return Answer{view(*context.services.directory.group(named->tenant, named->id))};
}

Task<Result<Answer>> delete_group(Context context, Call call) {
  auto named = named_group(context, call);
  if (!named) co_return std::unexpected(named.error());
  CONCLAVE_CO_TRY(co_await context.services.administration.delete_group(call.actor, named->tenant,
                                                                        named->id));
  co_return Answer{};
}

Task<Result<Answer>> add_member(Context context, Call call) {
  auto named = named_group(context, call);
  if (!named) co_return std::unexpected(named.error());
  auto& administration = context.services.administration;
  auto user = administration.resolve_user(named->tenant, call.path[2]);
  if (!user) co_return std::unexpected(user.error());
  CONCLAVE_CO_TRY(
      co_await administration.add_member(call.actor, named->tenant, named->id, *user));
  co_return Answer{};
}

Task<Result<Answer>> remove_member(Context context, Call call) {
  auto named = named_group(context, call);
  if (!named) co_return std::unexpected(named.error());
  auto& administration = context.services.administration;
  auto user = administration.resolve_user(named->tenant, call.path[2]);
  if (!user) co_return std::unexpected(user.error());
  CONCLAVE_CO_TRY(
      co_await administration.remove_member(call.actor, named->tenant, named->id, *user));
  co_return Answer{};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/tenants/{tenant}/groups", Access::session, list_groups},
    Route{"POST", "/api/v1/tenants/{tenant}/groups", Access::session, create_group},
    Route{"PATCH", "/api/v1/tenants/{tenant}/groups/{group}", Access::session, change_group},
    Route{"DELETE", "/api/v1/tenants/{tenant}/groups/{group}", Access::session, delete_group},
    Route{"PUT", "/api/v1/tenants/{tenant}/groups/{group}/members/{user}", Access::session,
          add_member},
    Route{"DELETE", "/api/v1/tenants/{tenant}/groups/{group}/members/{user}", Access::session,
          remove_member},
};

}  // namespace

std::span<const Route> group_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
