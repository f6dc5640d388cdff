#include <array>
#include <boost/json/array.hpp>
#include <charconv>

#include "runtime/authorities/x509.hpp"
#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/explanation.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/policy_views.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/network/address.hpp"

// The policies of tenants: what holds and held, and what is decided by it.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;

constexpr identity::RoleSet kExplainers{identity::Role::security_admin};

Task<Result<Answer>> show_policy(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  std::uint64_t number = 0;
  const std::string text = call.query["version"];
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && (bad != std::errc{} || end != text.data() + text.size() || number == 0)) {
    co_return fail(kParamsInvalid, "version: must be a version's number, from 1");
  }
  const auto shown = context.services.rules.show(call.actor, *tenant, number);
  if (!shown) co_return std::unexpected(shown.error());
  json::object out = view(context, shown->version);
  out["tenant"] = base::to_text(*tenant);
  out["domain"] = context.services.directory.tenant(*tenant)->domain;
  out["in_force"] = shown->in_force;
  out["standing"] = rules::to_text(shown->now.standing);
  out["newest_version"] = shown->now.newest;
  out["base"] = shown->now.base;
  if (!shown->now.why.empty()) out["why"] = shown->now.why;
  out["document"] = shown->version.document;
  out["effective"] = shown->effective;
  co_return Answer{std::move(out)};
}

Task<Result<Answer>> policy_history(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  const auto listed = context.services.rules.history(call.actor, *tenant);
  if (!listed) co_return std::unexpected(listed.error());
  json::array out;
  for (const rules::Listed& each : *listed) {
    json::object& row = out.emplace_back(json::object{}).as_object();
    row["version"] = each.number;
    row["in_force"] = each.in_force;
    if (!each.refused.empty()) {
      row["refused"] = each.refused;
      continue;
    }
    row["set_ms"] = each.set_ms;
    row["by"] = person(context, each.by_tenant, each.by);
    row["effect"] = each.effect;
    row["note"] = each.note;
    if (each.copy_of != 0) row["copy_of"] = each.copy_of;
    if (const auto proposal = policy::parse_proposal(each.evidence.proposal); proposal) {
      row["change"] = base::to_text(proposal->change);
      row["signers"] = signers(context, each.evidence);
    }
  }
  co_return Answer{{{"versions", std::move(out)}}};
}

// The device that a person has or would come with.
Result<admission::Candidate> candidate_of(const Context& context, TenantId tenant, UserId user,
                                          std::string_view device, std::string platform) {
  admission::Candidate out;
  if (device == "new") {
    out.newcomer = true;
    out.credential = policy::CredentialKind::password;
    out.device.tenant = tenant;
    out.device.user = user;
    out.device.platform = platform.empty() ? "linux" : std::move(platform);
    return out;
  }
  const auto id = base::parse_id<DeviceId>(device);
  const auto* found = id ? context.services.directory.device(tenant, *id) : nullptr;
  if (found == nullptr || found->user != user) return fail(identity::kDeviceNotFound);
  out.device = *found;
  return out;
}

// A number that may be left out, which says that it is not known.
std::uint64_t bounded(Fields& in, std::string_view name, std::uint64_t most) {
  const std::uint64_t value = in.optional_number(name).value_or(0);
  if (value > most) in.reject(name, "must be at most " + std::to_string(most));
  return value;
}

// How the connection would look: what a relay in front of somebody gives away.
void read_path(Fields& in, identity::ConnectionFacts& connection) {
  constexpr std::uint64_t kMostMs = 60'000;
  constexpr std::uint64_t kMostMtu = 65'535;
  constexpr std::int64_t kUsPerMs = 1'000;
  connection.path.round_trip_ms = static_cast<double>(bounded(in, "tcp_round_trip_ms", kMostMs));
  connection.path.mtu = static_cast<std::uint32_t>(bounded(in, "mtu", kMostMtu));
  const auto ping_ms = static_cast<std::int64_t>(bounded(in, "round_trip_ms", kMostMs));
  connection.least_ping_us = std::make_shared<std::atomic<std::int64_t>>(ping_ms * kUsPerMs);
}

Task<Result<Answer>> explain_policy(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  CONCLAVE_CO_TRY(context.services.administration.authorise(call.actor, *tenant, kExplainers));
  Fields in(std::move(call.body));
  const std::string name = in.text("user");
  const std::string device = in.text("device");
  const std::string address = in.text("address");
  std::string platform = in.optional_text("platform").value_or("");
  const std::string certificate = in.optional_text("certificate").value_or("");
  const std::string language = in.optional_text("language").value_or("en");
  const auto client = network::Address::parse(address);
  if (!client) in.reject("address", "must be an IPv4 or IPv6 address");
  if (language != "en" && language != "zh") in.reject("language", "must be en or zh");
  identity::ConnectionFacts connection;
  read_path(in, connection);
  CONCLAVE_CO_TRY(in.finish());
  auto user = context.services.administration.resolve_user(*tenant, name);
  if (!user) co_return std::unexpected(user.error());
  auto candidate = candidate_of(context, *tenant, *user, device, std::move(platform));
  if (!candidate) co_return std::unexpected(candidate.error());
  candidate->connection = std::move(connection);
  candidate->connection.address = address;
  candidate->connection.client = *client;
  candidate->connection.tls = true;
  if (!certificate.empty()) {
    auto chain = authorities::read_chain(certificate);
    if (!chain) co_return std::unexpected(chain.error());
    candidate->connection.certificates = *std::move(chain);
  }
  const auto judged =
      context.services.authorities.judge(*tenant, candidate->connection.certificates);
  // What it tells of a person's habits is on record before it is told.
  audit::Entry entry{*tenant,
                     call.actor.user,
                     call.actor.tenant,
                     call.actor.device,
                     "policy.explained",
                     base::to_text(*user),
                     {{"address", address}}};
  CONCLAVE_CO_TRY(co_await context.services.writer.record(std::move(entry)));
  const auto decision = co_await context.services.doorkeeper.explain(*std::move(candidate));
  json::object out = explanation(
      decision, language == "zh" ? policy::Language::chinese : policy::Language::english);
  if (!certificate.empty()) {
    const auto verdict = judged ? judged->verdict : authorities::Verdict::unknown_issuer;
    out["certificate"] = json::object{{"verdict", authorities::to_text(verdict)}};
    if (judged && judged->authority) {
      out["certificate"].as_object()["authority"] = base::to_text(judged->authority);
    }
  }
  const auto now = context.services.rules.in_force(*tenant);
  out["policy"] = json::object{{"version", context.services.rules.version(*tenant)},
                               {"standing", rules::to_text(now.standing)},
                               {"base", now.base}};
  co_return Answer{std::move(out)};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/tenants/{tenant}/policy", Access::session, show_policy},
    Route{"GET", "/api/v1/tenants/{tenant}/policy/versions", Access::session, policy_history},
    Route{"POST", "/api/v1/tenants/{tenant}/policy/explain", Access::session, explain_policy},
};

}  // namespace

std::span<const Route> policy_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
