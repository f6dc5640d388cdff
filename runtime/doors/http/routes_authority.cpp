#include <array>
#include <boost/json/array.hpp>

#include "runtime/authorities/errors.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/named.hpp"
#include "runtime/doors/http/route.hpp"

// Whose client certificates a tenant lets in.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;
using authorities::AuthorityId;

json::object view(const authorities::Described& authority) {
  json::object out{{"authority", base::to_text(authority.id)},
                   {"subject", authority.subject},
                   {"serial", authority.serial},
                   {"fingerprint", authority.fingerprint},
                   {"not_before_ms", authority.not_before_ms},
                   {"not_after_ms", authority.not_after_ms},
                   {"revoked", authority.revoked},
                   {"changed_ms", authority.changed_ms}};
  if (authority.list_until_ms != 0) out["list_until_ms"] = authority.list_until_ms;
  return out;
}

Result<Named<AuthorityId>> named_authority(const Context& context, const Call& call) {
  const auto find = [](TenantId, std::string_view text) -> Result<AuthorityId> {
    const auto id = base::parse_id<AuthorityId>(text);
    if (!id) return fail(authorities::kAuthorityNotFound);
    return *id;
  };
  return named<AuthorityId>(context, call, find);
}

Task<Result<Answer>> list_authorities(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  const auto listed = context.services.authorities.list(call.actor, *tenant);
  if (!listed) co_return std::unexpected(listed.error());
  json::array out;
  for (const authorities::Described& each : *listed) out.push_back(view(each));
  co_return Answer{{{"authorities", std::move(out)}}};
}

Task<Result<Answer>> add_authority(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  Fields in(std::move(call.body));
  std::string certificate = in.text("certificate");
  std::string list = in.optional_text("revocations").value_or("");
  CONCLAVE_CO_TRY(in.finish());
  auto made = co_await context.services.authorities.add(call.actor, *tenant, std::move(certificate),
                                                        std::move(list));
  if (!made) co_return std::unexpected(made.error());
  co_return Answer{view(*made), 201};
}

Task<Result<Answer>> set_revocations(Context context, Call call) {
  auto named = named_authority(context, call);
  if (!named) co_return std::unexpected(named.error());
  Fields in(std::move(call.body));
  std::string list = in.text("revocations");
  CONCLAVE_CO_TRY(in.finish());
  auto made = co_await context.services.authorities.set_list(call.actor, named->tenant, named->id,
                                                             std::move(list));
  if (!made) co_return std::unexpected(made.error());
  co_return Answer{view(*made)};
}

Task<Result<Answer>> remove_authority(Context context, Call call) {
  auto named = named_authority(context, call);
  if (!named) co_return std::unexpected(named.error());
  CONCLAVE_CO_TRY(
      co_await context.services.authorities.remove(call.actor, named->tenant, named->id));
  co_return Answer{};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/tenants/{tenant}/authorities", Access::session, list_authorities},
    Route{"POST", "/api/v1/tenants/{tenant}/authorities", Access::session, add_authority},
    Route{"DELETE", "/api/v1/tenants/{tenant}/authorities/{authority}", Access::session,
          remove_authority},
    Route{"PUT", "/api/v1/tenants/{tenant}/authorities/{authority}/revocations", Access::session,
          set_revocations},
};

}  // namespace

std::span<const Route> authority_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
