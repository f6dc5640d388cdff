#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"
#include "runtime/factors/errors.hpp"

namespace conclave::doors::native {
namespace {

using factors::FactorId;
using factors::FreshProof;

// COSE numbers of what credential_key.hpp takes, best first.
constexpr std::string_view kAlgorithms = "[-8,-7,-257]";

std::string text_of(const base::Secret& secret) {
  return std::string(base::as_text(secret.view()));
}

Result<FactorId> factor_of(const std::string& text) {
  auto id = base::parse_id<FactorId>(text);
  if (!id) return fail(factors::kFactorNotFound);
  return *id;
}

factors::Assertion assertion_of(protocol::AuthenticatorAnswer&& given) {
  return {std::move(given.credential), std::move(given.client_data),
          std::move(given.authenticator_data), std::move(given.signature),
          std::move(given.user_handle)};
}

Result<FreshProof> proof_of(protocol::FreshProof&& given) {
  const int count = int{given.password.has_value()} + int{given.totp.has_value()} +
                    int{given.recovery_code.has_value()} + int{given.webauthn.has_value()};
  if (count != 1) return fail(factors::kProofInvalid);
  if (given.password) return FreshProof(std::move(*given.password));
  if (given.totp) return FreshProof(factors::Proof(factors::TotpCode{text_of(*given.totp)}));
  if (given.recovery_code) {
    return FreshProof(factors::Proof(factors::RecoveryCode{text_of(*given.recovery_code)}));
  }
  return FreshProof(factors::Proof(assertion_of(std::move(*given.webauthn))));
}

void append(JsonText& json, const factors::FactorView& view) {
  json.field("factor", view.id).field("kind", to_text(view.kind)).field("label", view.label);
  json.field("created_ms", view.created_ms);
  if (view.used_ms > 0) json.field("used_ms", view.used_ms);
  if (view.kind == factors::Kind::recovery) json.field("codes_left", view.codes_left);
  if (view.kind == factors::Kind::webauthn) json.field("attested", view.attested);
}

void append_binaries(JsonText& json, std::string_view name, const std::vector<Bytes>& items) {
  json.open_list(name);
  for (const Bytes& item : items) json.item(base::base64url_encode(item));
  json.close_list();
}

void append(JsonText& json, const factors::BegunTotp& totp) {
  json.open("totp").field("secret", totp.secret).field("uri", totp.uri).close();
}

void append(JsonText& json, const factors::BegunWebAuthn& key) {
  json.open("webauthn").field("challenge", base::base64url_encode(key.challenge));
  json.field("rp_id", key.rp_id).field("rp_name", key.rp_name);
  json.field("user_handle", base::base64url_encode(key.user_handle));
  json.field("account", key.account).field("display_name", key.display_name);
  json.field_raw("algorithms", kAlgorithms);
  append_binaries(json, "exclude", key.exclude);
  json.close();
}

}  // namespace

Task<Text> Methods::perform(Call call, protocol::FactorList) {
  auto list = co_await domain_.factors.list(call.actor());
  if (!list) co_return std::unexpected(std::move(list).error());
  JsonText json(512);
  json.open().open_list("factors");
  for (const auto& view : *list) {
    json.open();
    append(json, view);
    json.close();
  }
  json.close_list().close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::FactorEnrol params) {
  auto proof = proof_of(std::move(params.proof));
  if (!proof) co_return std::unexpected(std::move(proof).error());
  const factors::Kind kind =
      to_text(params.kind) == "totp" ? factors::Kind::totp : factors::Kind::webauthn;
  auto begun = co_await domain_.factors.begin(call.actor(), kind, std::move(params.label),
                                              std::move(*proof));
  if (!begun) co_return std::unexpected(std::move(begun).error());
  JsonText json(512);
  json.open().field("factor", begun->id).field("expires_ms", begun->expires_ms);
  std::visit([&](const auto& what) { append(json, what); }, begun->what);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::FactorConfirm params) {
  const auto id = factor_of(params.factor);
  if (!id) co_return std::unexpected(id.error());
  if (params.code.has_value() == params.registration.has_value()) {
    co_return fail(factors::kProofInvalid, "expected exactly one of code and registration");
  }
  factors::Confirmation answer;
  if (params.code) {
    answer = text_of(*params.code);
  } else {
    answer = factors::Registration{std::move(params.registration->client_data),
                                   std::move(params.registration->attestation)};
  }
  auto view = co_await domain_.factors.confirm(call.actor(), *id, std::move(answer));
  if (!view) co_return std::unexpected(std::move(view).error());
  JsonText json(256);
  json.open();
  append(json, *view);
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::FactorRemove params) {
  const auto id = factor_of(params.factor);
  if (!id) co_return std::unexpected(id.error());
  auto proof = proof_of(std::move(params.proof));
  if (!proof) co_return std::unexpected(std::move(proof).error());
  co_return empty_object(co_await domain_.factors.remove(call.actor(), *id, std::move(*proof)));
}

Task<Text> Methods::perform(Call call, protocol::FactorCodes params) {
  auto proof = proof_of(std::move(params.proof));
  if (!proof) co_return std::unexpected(std::move(proof).error());
  auto codes = co_await domain_.factors.codes(call.actor(), std::move(*proof));
  if (!codes) co_return std::unexpected(std::move(codes).error());
  JsonText json(256);
  json.open();
  append_items(json, "codes", *codes);
  json.close();
  co_return json.take();
}

Text Methods::perform(const Call& call, protocol::FactorChallenge) {
  auto asked = domain_.factors.webauthn_challenge(call.actor().tenant, call.actor().user);
  if (!asked) return std::unexpected(std::move(asked).error());
  JsonText json(256);
  json.open().field("challenge", base::base64url_encode(asked->challenge));
  json.field("rp_id", asked->rp_id);
  append_binaries(json, "credentials", asked->credentials);
  json.field("expires_ms", asked->expires_ms).close();
  return json.take();
}

Task<Text> Methods::perform(Call call, protocol::AccountLinkCode params) {
  auto code = co_await domain_.persons.link_code(call.actor(), std::move(params.password));
  if (!code) co_return std::unexpected(std::move(code).error());
  JsonText json(96);
  json.open().field("code", code->code).field("expires_ms", code->expires_ms).close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::AccountLink params) {
  auto reused =
      co_await domain_.persons.link(call.actor(), text_of(params.code), std::move(params.password));
  if (!reused) co_return std::unexpected(std::move(reused).error());
  JsonText json(32);
  json.open().field("reused", *reused).close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::AccountUnlink) {
  co_return empty_object(co_await domain_.persons.unlink(call.actor()));
}

}  // namespace conclave::doors::native
