#include <array>

#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/factors/errors.hpp"

// Second factors of whoever is signed in. Authenticators are enrolled over conclave.v1, by a
// browser; here a shell adds an application that shows codes.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;
using factors::FactorId;
using factors::FreshProof;

json::object view(const factors::FactorView& factor) {
  json::object out{{"factor", base::to_text(factor.id)},
                   {"kind", to_text(factor.kind)},
                   {"label", factor.label},
                   {"created_ms", factor.created_ms}};
  if (factor.used_ms > 0) out["used_ms"] = factor.used_ms;
  if (factor.kind == factors::Kind::recovery) out["codes_left"] = factor.codes_left;
  return out;
}

Result<FactorId> factor_of(const Call& call) {
  const auto id = base::parse_id<FactorId>(call.path.at(0));
  if (!id) return fail(factors::kFactorNotFound);
  return *id;
}

Result<FreshProof> proof_of(Fields in) {
  auto password = in.optional_secret("password");
  auto code = in.optional_text("totp");
  auto recovery = in.optional_text("recovery_code");
  CONCLAVE_TRY(in.finish());
  if (int{password.has_value()} + int{code.has_value()} + int{recovery.has_value()} != 1) {
    return fail(factors::kProofInvalid);
  }
  if (password) return FreshProof(std::move(*password));
  if (code) return FreshProof(factors::Proof(factors::TotpCode{std::move(*code)}));
  return FreshProof(factors::Proof(factors::RecoveryCode{std::move(*recovery)}));
}

Task<Result<Answer>> list(Context context, Call call) {
  auto factors = co_await context.services.factors.list(call.actor);
  if (!factors) co_return std::unexpected(factors.error());
  json::array rows;
  for (const auto& factor : *factors) rows.push_back(view(factor));
  co_return Answer{{{"factors", std::move(rows)}}};
}

Task<Result<Answer>> enrol(Context context, Call call) {
  Fields in(std::move(call.body));
  std::string label = in.text("label");
  Fields given = in.object("proof");
  CONCLAVE_CO_TRY(in.finish());
  auto proof = proof_of(std::move(given));
  if (!proof) co_return std::unexpected(proof.error());
  auto begun = co_await context.services.factors.begin(call.actor, factors::Kind::totp,
                                                       std::move(label), std::move(*proof));
  if (!begun) co_return std::unexpected(begun.error());
  const auto& totp = std::get<factors::BegunTotp>(begun->what);
  co_return Answer{{{"factor", base::to_text(begun->id)},
                    {"expires_ms", begun->expires_ms},
                    {"secret", totp.secret},
                    {"uri", totp.uri}},
                   201};
}

Task<Result<Answer>> confirm(Context context, Call call) {
  const auto id = factor_of(call);
  if (!id) co_return std::unexpected(id.error());
  Fields in(std::move(call.body));
  std::string code = in.text("code");
  CONCLAVE_CO_TRY(in.finish());
  auto made = co_await context.services.factors.confirm(call.actor, *id, std::move(code));
  if (!made) co_return std::unexpected(made.error());
  co_return Answer{view(*made)};
}

Task<Result<Answer>> remove(Context context, Call call) {
  const auto id = factor_of(call);
  if (!id) co_return std::unexpected(id.error());
  Fields in(std::move(call.body));
  Fields given = in.object("proof");
  CONCLAVE_CO_TRY(in.finish());
  auto proof = proof_of(std::move(given));
  if (!proof) co_return std::unexpected(proof.error());
  CONCLAVE_CO_TRY(co_await context.services.factors.remove(call.actor, *id, std::move(*proof)));
  co_return Answer{};
}

Task<Result<Answer>> codes(Context context, Call call) {
  Fields in(std::move(call.body));
  Fields given = in.object("proof");
  CONCLAVE_CO_TRY(in.finish());
  auto proof = proof_of(std::move(given));
  if (!proof) co_return std::unexpected(proof.error());
  auto made = co_await context.services.factors.codes(call.actor, std::move(*proof));
  if (!made) co_return std::unexpected(made.error());
  json::array rows(made->begin(), made->end());
  co_return Answer{{{"codes", std::move(rows)}}, 201};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/me/factors", Access::session, list, "factor.list"},
    Route{"POST", "/api/v1/me/factors", Access::session, enrol, "factor.enrol"},
    Route{"POST", "/api/v1/me/factors/codes", Access::session, codes, "factor.codes"},
    Route{"POST", "/api/v1/me/factors/{factor}/confirm", Access::session, confirm,
          "factor.confirm"},
    Route{"POST", "/api/v1/me/factors/{factor}/remove", Access::session, remove, "factor.remove"},
};

}  // namespace

std::span<const Route> factor_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
