#include <array>
#include <boost/json/array.hpp>

#include "runtime/changes/errors.hpp"
#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/policy_views.hpp"
#include "runtime/doors/http/route.hpp"

// Changes of policies: assessed, proposed, signed, withdrawn.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;

constexpr std::uint64_t kSecond_ms = 1'000;
constexpr std::uint64_t kLongest_s = changes::kLongestLife_ms / kSecond_ms;

Result<TenantId> tenant_of(const Context& context, const Call& call) {
  return context.services.administration.resolve_tenant(call.actor, call.path[0]);
}

Result<ChangeId> change_of(const Call& call) {
  const auto id = base::parse_id<ChangeId>(call.path[1]);
  if (!id) return fail(changes::kChangeNotFound, call.path[1]);
  return *id;
}

// What set and roll-back have in common; the fields are finished by the caller.
changes::Wish wish_of(Fields& in) {
  changes::Wish out;
  out.expected_version = in.number("expected_version");
  out.note = in.optional_text("note").value_or("");
  const auto life_s = in.optional_number("lifetime_s");
  if (!life_s) return out;
  if (*life_s == 0 || *life_s > kLongest_s) {
    in.reject("lifetime_s", "must be from 1 to 2592000 seconds");
  } else {
    out.life_ms = static_cast<std::int64_t>(*life_s * kSecond_ms);
  }
  return out;
}

Task<Result<Answer>> set_policy(Context context, Call call) {
  auto tenant = tenant_of(context, call);
  if (!tenant) co_return std::unexpected(tenant.error());
  Fields in(std::move(call.body));
  std::string document = in.text("document");
  changes::Wish wish = wish_of(in);
  CONCLAVE_CO_TRY(in.finish());
  const auto outcome = co_await context.services.changes.set(call.actor, *tenant,
                                                             std::move(document), std::move(wish));
  if (!outcome) co_return std::unexpected(outcome.error());
  co_return answer_of(context, *outcome);
}

Task<Result<Answer>> roll_back_policy(Context context, Call call) {
  auto tenant = tenant_of(context, call);
  if (!tenant) co_return std::unexpected(tenant.error());
  Fields in(std::move(call.body));
  const std::uint64_t number = in.number("version");
  changes::Wish wish = wish_of(in);
  CONCLAVE_CO_TRY(in.finish());
  const auto outcome =
      co_await context.services.changes.roll_back(call.actor, *tenant, number, std::move(wish));
  if (!outcome) co_return std::unexpected(outcome.error());
  co_return answer_of(context, *outcome);
}

json::object counts(const admission::Heads& heads) {
  return {{"devices", heads.devices}, {"users", heads.users}};
}

json::object touched_by(const Context& context, TenantId tenant, const admission::Rehearsal& seen) {
  json::array touched;
  for (const admission::Touched& each : seen.touched) {
    touched.push_back(json::object{{"user", person(context, tenant, each.user)},
                                   {"device", base::to_text(each.device)},
                                   {"signed_in", each.open},
                                   {"now", policy::to_text(each.now)},
                                   {"then", policy::to_text(each.then)},
                                   {"reasons", each.reasons}});
  }
  return {{"signed_in", counts(seen.open)},
          {"resting", counts(seen.resting)},
          {"skipped", seen.skipped},
          {"refused", counts(seen.refused)},
          {"restricted", counts(seen.restricted)},
          {"stepped_up", counts(seen.stepped_up)},
          {"eased", counts(seen.eased)},
          {"touched", std::move(touched)}};
}

// The document of the request, or that of an old version.
Result<std::string> wanted(const Context& context, const Call& call, TenantId tenant, Fields& in) {
  const auto number = in.optional_number("version");
  auto document = in.optional_text("document");
  if (number.has_value() == document.has_value()) {
    in.reject("document", "either a document or a version");
  }
  CONCLAVE_TRY(in.finish());
  if (document) return *std::move(document);
  auto old = context.services.rules.document(call.actor, tenant, *number);
  if (!old) return std::unexpected(std::move(old).error());
  return std::move(old->document);
}

Task<Result<Answer>> plan_policy(Context context, Call call) {
  auto tenant = tenant_of(context, call);
  if (!tenant) co_return std::unexpected(tenant.error());
  auto& services = context.services;
  CONCLAVE_CO_TRY(services.rules.may_write(call.actor, *tenant));
  Fields in(std::move(call.body));
  auto document = wanted(context, call, *tenant, in);
  if (!document) co_return std::unexpected(document.error());
  auto plan = services.changes.plan(call.actor, *tenant, *std::move(document));
  if (!plan) co_return std::unexpected(plan.error());
  // What it tells of people's places and habits is on record before it is told.
  audit::Entry entry{*tenant,
                     call.actor.user,
                     call.actor.tenant,
                     call.actor.device,
                     "policy.planned",
                     base::to_text(*tenant),
                     {{"effect", policy::to_text(plan->draft.version.effect)}}};
  CONCLAVE_CO_TRY(co_await services.writer.record(std::move(entry)));
  json::object out{{"old_version", plan->draft.replaces},
                   {"effect", policy::to_text(plan->draft.version.effect)},
                   {"waits", plan->waits},
                   {"changes", view(plan->draft.changes)}};
  if (plan->waits) {
    out["needs"] = policy::to_text(plan->quorum);
    out["parties"] = names(plan->quorum.parties);
    out["persons"] = plan->quorum.persons;
    out["users"] = plan->quorum.users;
  }
  const auto seen = co_await services.doorkeeper.rehearse(*tenant, std::move(plan->draft.policy));
  out["now"] = touched_by(context, *tenant, seen);
  co_return Answer{std::move(out)};
}

Task<Result<Answer>> list_changes(Context context, Call call) {
  auto tenant = tenant_of(context, call);
  if (!tenant) co_return std::unexpected(tenant.error());
  const auto list = context.services.changes.list(call.actor, *tenant);
  if (!list) co_return std::unexpected(list.error());
  json::array out;
  for (const changes::Change& each : *list) out.push_back(view(context, each, false));
  co_return Answer{{{"changes", std::move(out)}}};
}

Task<Result<Answer>> show_change(Context context, Call call) {
  auto tenant = tenant_of(context, call);
  if (!tenant) co_return std::unexpected(tenant.error());
  const auto id = change_of(call);
  if (!id) co_return std::unexpected(id.error());
  const auto change = context.services.changes.find(call.actor, *tenant, *id);
  if (!change) co_return std::unexpected(change.error());
  co_return Answer{view(context, *change, true)};
}

Task<Result<Answer>> sign_change(Context context, Call call) {
  auto tenant = tenant_of(context, call);
  if (!tenant) co_return std::unexpected(tenant.error());
  const auto id = change_of(call);
  if (!id) co_return std::unexpected(id.error());
  Fields in(std::move(call.body));
  Bytes signature = in.binary("signature");
  CONCLAVE_CO_TRY(in.finish());
  const auto outcome =
      co_await context.services.changes.approve(call.actor, *tenant, *id, std::move(signature));
  if (!outcome) co_return std::unexpected(outcome.error());
  co_return answer_of(context, *outcome);
}

Task<Result<Answer>> withdraw_change(Context context, Call call) {
  auto tenant = tenant_of(context, call);
  if (!tenant) co_return std::unexpected(tenant.error());
  const auto id = change_of(call);
  if (!id) co_return std::unexpected(id.error());
  const auto change = co_await context.services.changes.withdraw(call.actor, *tenant, *id);
  if (!change) co_return std::unexpected(change.error());
  co_return Answer{view(context, *change, false)};
}

constexpr std::array kRoutes{
    Route{"PUT", "/api/v1/tenants/{tenant}/policy", Access::session, set_policy},
    Route{"POST", "/api/v1/tenants/{tenant}/policy/roll-back", Access::session, roll_back_policy},
    Route{"POST", "/api/v1/tenants/{tenant}/policy/plan", Access::session, plan_policy},
    Route{"GET", "/api/v1/tenants/{tenant}/changes", Access::session, list_changes},
    Route{"GET", "/api/v1/tenants/{tenant}/changes/{change}", Access::session, show_change},
    Route{"DELETE", "/api/v1/tenants/{tenant}/changes/{change}", Access::session, withdraw_change},
    Route{"POST", "/api/v1/tenants/{tenant}/changes/{change}/signature", Access::session,
          sign_change},
};

}  // namespace

std::span<const Route> change_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
