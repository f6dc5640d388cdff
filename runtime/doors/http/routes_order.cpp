#include <array>
#include <boost/json/array.hpp>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/named.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/doors/http/views.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/orders/errors.hpp"

// Bans of devices, and orders to them: two admins.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;

// What a path below …/users/{user}/devices/{device} names; no device where the path ends before.
struct Target {
  TenantId tenant;
  UserId user;
  DeviceId device;
};

Result<Target> target_of(const Context& context, const Call& call) {
  const auto user = named<UserId>(context, call, [&](TenantId tenant, std::string_view text) {
    return context.services.administration.resolve_user(tenant, text);
  });
  if (!user) return std::unexpected(user.error());
  Target out{user->tenant, user->id, {}};
  if (call.path.size() < 3) return out;
  const auto device = base::parse_id<DeviceId>(call.path[2]);
  if (!device) return fail(identity::kDeviceNotFound);
  out.device = *device;
  return out;
}

json::object view(const orders::KeptReceipt& kept) {
  return {{"outcome", kept.receipt.outcome},
          {"report", kept.receipt.report},
          {"time_ms", kept.receipt.time_ms},
          {"signature", base::base64url_encode(kept.receipt.signature)},
          {"kept_ms", kept.kept_ms}};
}

json::object view(const orders::Order& order) {
  json::array signers;
  for (const auto& each : order.signatures) {
    signers.push_back(json::object{{"user", base::to_text(each.user)},
                                   {"device", base::to_text(each.device)},
                                   {"signature", base::base64url_encode(each.signature)}});
  }
  json::object out{{"order", base::to_text(order.document.order)},
                   {"kind", order.document.kind},
                   {"device", base::to_text(order.document.device)},
                   {"state", orders::to_text(order.state)},
                   {"document", base::base64url_encode(order.bytes)},
                   {"signers", std::move(signers)},
                   {"created_ms", order.created_ms},
                   {"expires_ms", order.document.expires_ms}};
  if (!order.command.empty()) out["authority"] = hsm::api::to_text(order.authority);
  if (order.arrived) out["arrived"] = view(*order.arrived);
  if (order.executed) out["executed"] = view(*order.executed);
  return out;
}

json::object view(const orders::Ban& ban) {
  return {{"device", base::to_text(ban.device)},
          {"everybody", ban.wide},
          {"hardware", !ban.hardware_digest.empty()},
          {"by", base::to_text(ban.by)},
          {"at_ms", ban.at_ms}};
}

Result<Answer> answer_of(Result<orders::Order> order, int status) {
  if (!order) return std::unexpected(std::move(order).error());
  return Answer{view(*order), status};
}

Task<Result<Answer>> list_bans(Context context, Call call) {
  const auto target = target_of(context, call);
  if (!target) co_return std::unexpected(target.error());
  const auto bans = context.services.bans.list(call.actor, target->tenant, target->user);
  if (!bans) co_return std::unexpected(bans.error());
  json::array list;
  for (const auto& ban : *bans) list.push_back(view(ban));
  co_return Answer{{{"bans", std::move(list)},
                    {"unclear", context.services.bans.unclear(target->tenant, target->user)}}};
}

Task<Result<Answer>> ban(Context context, Call call) {
  const auto target = target_of(context, call);
  if (!target) co_return std::unexpected(target.error());
  CONCLAVE_CO_TRY(
      co_await context.services.bans.ban(call.actor, target->tenant, target->user, target->device));
  co_return Answer{};
}

Task<Result<Answer>> lift_ban(Context context, Call call) {
  const auto target = target_of(context, call);
  if (!target) co_return std::unexpected(target.error());
  CONCLAVE_CO_TRY(co_await context.services.bans.lift(call.actor, target->tenant, target->user,
                                                      target->device));
  co_return Answer{};
}

Task<Result<Answer>> list_orders(Context context, Call call) {
  const auto target = target_of(context, call);
  if (!target) co_return std::unexpected(target.error());
  const auto found =
      context.services.orders.list(call.actor, target->tenant, target->user, target->device);
  if (!found) co_return std::unexpected(found.error());
  json::array list;
  for (const auto& order : *found) list.push_back(view(order));
  co_return Answer{{{"orders", std::move(list)}}};
}

// Without a document: prepares one. With it and a signature: the first admin's word.
Task<Result<Answer>> give_order(Context context, Call call) {
  const auto target = target_of(context, call);
  if (!target) co_return std::unexpected(target.error());
  auto& orders = context.services.orders;
  const bool prepared = call.body.contains("document");
  Fields in(std::move(call.body));
  if (!prepared) {
    const std::string kind = in.text("kind");
    CONCLAVE_CO_TRY(in.finish());
    const auto document =
        orders.prepare(call.actor, target->tenant, target->user, target->device, kind);
    if (!document) co_return std::unexpected(document.error());
    co_return Answer{{{"document", base::base64url_encode(*document)}}};
  }
  Bytes document = in.binary("document");
  Bytes signature = in.binary("signature");
  CONCLAVE_CO_TRY(in.finish());
  co_return answer_of(
      co_await orders.propose(call.actor, target->tenant, target->user, target->device,
                              std::move(document), std::move(signature)),
      201);
}

Task<Result<Answer>> countersign(Context context, Call call) {
  const auto target = target_of(context, call);
  if (!target) co_return std::unexpected(target.error());
  const auto order = base::parse_id<OrderId>(call.path[3]);
  if (!order) co_return fail(orders::kOrderNotFound);
  Fields in(std::move(call.body));
  Bytes signature = in.binary("signature");
  CONCLAVE_CO_TRY(in.finish());
  co_return answer_of(
      co_await context.services.orders.countersign(call.actor, target->tenant, target->user,
                                                   target->device, *order, std::move(signature)),
      200);
}

constexpr std::string_view kBan = "/api/v1/tenants/{tenant}/users/{user}/devices/{device}/ban";
constexpr std::string_view kOrders =
    "/api/v1/tenants/{tenant}/users/{user}/devices/{device}/orders";

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/tenants/{tenant}/users/{user}/bans", Access::session, list_bans},
    Route{"POST", kBan, Access::session, ban},
    Route{"DELETE", kBan, Access::session, lift_ban},
    Route{"GET", "/api/v1/tenants/{tenant}/users/{user}/orders", Access::session, list_orders},
    Route{"GET", kOrders, Access::session, list_orders},
    Route{"POST", kOrders, Access::session, give_order},
    Route{"POST", "/api/v1/tenants/{tenant}/users/{user}/devices/{device}/orders/{order}/signature",
          Access::session, countersign},
};

}  // namespace

std::span<const Route> order_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
