#include <array>
#include <boost/json/parse.hpp>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/doors/http/views.hpp"

// Set-up and sign-in over HTTPS: the same transcript as on the WebSocket, bound to the origin.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;

json::object signed_in(const admission::SignedIn& in) {
  json::object out{{"session", base::to_text(in.actor.session)},
                   {"tenant", base::to_text(in.actor.tenant)},
                   {"user", base::to_text(in.actor.user)},
                   {"device", base::to_text(in.actor.device)},
                   {"account", in.account},
                   {"roles", role_list(in.actor.roles)},
                   {"access_token", in.access_token},
                   {"access_expires_ms", in.access_expires_ms}};
  if (!in.methods.empty()) out["methods"] = json::array(in.methods.begin(), in.methods.end());
  if (!in.notices.empty()) out["reasons"] = json::parse(in.notices);
  return out;
}

std::optional<admission::Proof> read_proof(Fields& in) {
  const auto kind = policy::parse_word<policy::Factor>(in.text("factor"));
  if (!kind) {
    in.reject("factor", "must be totp, recovery_code or primary");
    return std::nullopt;
  }
  // An authenticator answers on a page, and pages sign in over the WebSocket.
  return admission::Proof{*kind, in.optional_text("code").value_or(""), std::nullopt};
}

Task<Result<Answer>> step_up(Context context, Call call) {
  Fields in(std::move(call.body));
  Bytes ticket = in.binary("ticket");
  auto proof = read_proof(in);
  CONCLAVE_CO_TRY(in.finish());
  auto in_session = co_await context.services.doorkeeper.step_up(
      std::move(ticket), std::move(*proof), std::move(call.facts));
  if (!in_session) co_return std::unexpected(in_session.error());
  co_return Answer{signed_in(*in_session)};
}

Task<Result<Answer>> verify(Context context, Call call) {
  Fields in(std::move(call.body));
  auto proof = read_proof(in);
  CONCLAVE_CO_TRY(in.finish());
  CONCLAVE_CO_TRY(co_await context.services.doorkeeper.verify(call.actor, std::move(*proof)));
  co_return Answer{};
}

Task<Result<Answer>> hello(Context context, Call call) {
  CONCLAVE_CO_TRY(Fields(std::move(call.body)).finish());
  json::array methods{"enrol", "prove"};
  co_return Answer{{{"version", "1"},
                    {"server", context.facts.name},
                    {"nonce", base::base64url_encode(context.services.sign_in.hello())},
                    {"methods", std::move(methods)},
                    {"time_ms", context.services.clock.utc_ms()}}};
}

// SHA-256 of an identifier of the device, base64url; empty when there is none.
Bytes identifier(Fields& device, std::string_view name) {
  const auto text = device.optional_text(name);
  if (!text) return {};
  auto digest = base::base64url_decode(*text);
  if (digest && digest->size() == base::Sha256{}.size()) return *std::move(digest);
  device.reject(name, "must be 32 bytes as base64url");
  return {};
}

Task<Result<Answer>> enrol(Context context, Call call) {
  Fields in(std::move(call.body));
  admission::EnrolRequest request;
  request.account = in.text("account");
  request.password = in.secret("password");
  Fields device = in.object("device");
  request.device_name = device.text("name");
  request.platform = device.text("platform");
  const std::string algorithm = device.text("algorithm");
  request.key = device.binary("key");
  request.nonce_s = in.binary("hello");
  request.nonce_c = in.binary("nonce");
  request.claims.hardware_digest = identifier(device, "hardware_id");
  request.claims.service_digest = identifier(device, "service_id");
  Fields binding = in.object("binding");
  request.binding = binding.text("type");
  request.signature = in.binary("signature");
  const auto parsed = hsm::api::parse_algorithm(algorithm);
  if (!parsed) device.reject("algorithm", "must be ES256 or Ed25519");
  CONCLAVE_CO_TRY(in.finish(device));
  CONCLAVE_CO_TRY(binding.finish());
  request.algorithm = *parsed;
  auto in_session =
      co_await context.services.sign_in.enrol(std::move(request), std::move(call.facts));
  if (!in_session) co_return std::unexpected(in_session.error());
  co_return Answer{signed_in(*in_session)};
}

Task<Result<Answer>> prove(Context context, Call call) {
  Fields in(std::move(call.body));
  admission::ProveRequest request;
  request.account = in.text("account");
  const std::string device = in.text("device");
  request.nonce_s = in.binary("hello");
  request.nonce_c = in.binary("nonce");
  Fields binding = in.object("binding");
  request.binding = binding.text("type");
  request.signature = in.binary("signature");
  const auto id = base::parse_id<DeviceId>(device);
  if (!id) in.reject("device", "must be a device's id");
  CONCLAVE_CO_TRY(in.finish(binding));
  request.device = *id;
  auto in_session =
      co_await context.services.sign_in.prove(std::move(request), std::move(call.facts));
  if (!in_session) co_return std::unexpected(in_session.error());
  co_return Answer{signed_in(*in_session)};
}

Task<Result<Answer>> token(Context context, Call call) {
  CONCLAVE_CO_TRY(Fields(std::move(call.body)).finish());
  auto issued = co_await context.services.sign_in.token(call.actor.session);
  if (!issued) co_return std::unexpected(issued.error());
  co_return Answer{{{"access_token", issued->token}, {"access_expires_ms", issued->expires_ms}}};
}

Task<Result<Answer>> current(Context context, Call call) {
  auto user = co_await context.services.account.me(call.actor);
  if (!user) co_return std::unexpected(user.error());
  json::object body = view(*user);
  body["session"] = base::to_text(call.actor.session);
  body["tenant"] = base::to_text(call.actor.tenant);
  body["device"] = base::to_text(call.actor.device);
  co_return Answer{std::move(body)};
}

Task<Result<Answer>> end(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.account.end_session(call.actor));
  co_return Answer{};
}

Task<Result<Answer>> setup(Context context, Call call) {
  Fields in(std::move(call.body));
  std::string secret = in.text("secret");
  std::string name = in.text("name");
  base::Secret password = in.secret("password");
  CONCLAVE_CO_TRY(in.finish());
  auto made = co_await context.services.bootstrap.complete(std::move(secret), std::move(name),
                                                           std::move(password));
  if (!made) co_return std::unexpected(made.error());
  const identity::Tenant* provider = context.services.directory.provider();
  const identity::User* user = context.services.directory.user(provider->id, *made);
  co_return Answer{{{"user", base::to_text(*made)},
                    {"tenant", base::to_text(provider->id)},
                    {"account", context.services.directory.account_of(*user)}},
                   201};
}

constexpr std::array kRoutes{
    Route{"POST", "/api/v1/setup", Access::open, setup},
    Route{"POST", "/api/v1/session/hello", Access::open, hello},
    Route{"POST", "/api/v1/session/enrol", Access::open, enrol},
    Route{"POST", "/api/v1/session/prove", Access::open, prove},
    Route{"POST", "/api/v1/session/step-up", Access::open, step_up},
    Route{"POST", "/api/v1/session/verify", Access::session, verify, "session.verify"},
    Route{"POST", "/api/v1/session/token", Access::session, token, "session.token"},
    Route{"GET", "/api/v1/session", Access::session, current, "user.me"},
    Route{"DELETE", "/api/v1/session", Access::session, end, "session.end"},
};

}  // namespace

std::span<const Route> session_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
