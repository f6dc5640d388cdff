#include <algorithm>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/farewell.hpp"
#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"

namespace conclave::doors::native {
namespace {

hsm::api::SignatureAlgorithm algorithm_of(protocol::Algorithm algorithm) {
  return algorithm == protocol::Algorithm::ES256 ? hsm::api::SignatureAlgorithm::es256
                                                 : hsm::api::SignatureAlgorithm::ed25519;
}

policy::Language language_of(const std::optional<protocol::Language>& language) {
  return language == protocol::Language::zh ? policy::Language::chinese : policy::Language::english;
}

std::optional<admission::Proof::Assertion> assertion_of(
    std::optional<protocol::AuthenticatorAnswer>&& given) {
  if (!given) return std::nullopt;
  return admission::Proof::Assertion{std::move(given->credential), std::move(given->client_data),
                                     std::move(given->authenticator_data),
                                     std::move(given->signature), std::move(given->user_handle)};
}

policy::Factor factor_of(protocol::FactorKind kind) {
  return policy::parse_word<policy::Factor>(to_text(kind)).value_or(policy::Factor::sms);
}

}  // namespace

Methods::Methods(Domain domain, const base::Clock& clock, Answer answer, Admit admit)
    : domain_(domain), clock_(clock), answer_(std::move(answer)), admit_(std::move(admit)) {}

void Methods::tell_device_changed(const identity::Actor& actor, DeviceId device,
                                  std::string_view change) {
  domain_.hub.publish_to_user(sync::DeviceChanged{device, std::string(change), clock_.utc_ms(), {}},
                              actor.tenant, actor.user, actor.session);
}

void Methods::conclude(const Call& call, Result<admission::SignedIn> signed_in) {
  if (call.link->stage == Stage::signing_in) call.link->stage = Stage::stranger;
  if (signed_in) {
    admit_(call, *signed_in);
  } else {
    answer_(call, std::unexpected(std::move(signed_in).error()));
  }
}

Task<void> Methods::perform(Call call, protocol::SessionEnrol params) {
  admission::EnrolRequest request{
      .account = std::move(params.account),
      .password = std::move(params.password),
      .device_name = std::move(params.device.name),
      .platform = std::move(params.device.platform),
      .algorithm = algorithm_of(params.device.algorithm),
      .key = std::move(params.device.key),
      .nonce_s = call.link->nonce,
      .nonce_c = std::move(params.nonce),
      .binding = std::string(to_text(params.binding.type)),
      .signature = std::move(params.signature),
      .claims = {.hardware_digest = params.device.hardware_id.value_or(Bytes{}),
                 .service_digest = params.device.service_id.value_or(Bytes{}),
                 .attestation = std::move(params.device.attestation),
                 .language = language_of(params.language)}};
  auto done = co_await domain_.sign_in.enrol(std::move(request), call.link->facts);
  conclude(call, std::move(done));
}

Task<void> Methods::perform(Call call, protocol::SessionProve params) {
  admission::ProveRequest request{.account = std::move(params.account),
                                  .device = params.device,
                                  .nonce_s = call.link->nonce,
                                  .nonce_c = std::move(params.nonce),
                                  .binding = std::string(to_text(params.binding.type)),
                                  .signature = std::move(params.signature),
                                  .language = language_of(params.language)};
  auto done = co_await domain_.sign_in.prove(std::move(request), call.link->facts);
  conclude(call, std::move(done));
}

Task<void> Methods::perform(Call call, protocol::SessionResume params) {
  auto done = co_await domain_.sign_in.resume(std::move(params.handle), call.link->facts);
  conclude(call, std::move(done));
}

Task<void> Methods::perform(Call call, protocol::SessionStepUp params) {
  admission::Proof proof{factor_of(params.factor), std::move(params.code).value_or(""),
                         assertion_of(std::move(params.webauthn))};
  auto done = co_await domain_.doorkeeper.step_up(std::move(params.ticket), std::move(proof),
                                                  call.link->facts);
  conclude(call, std::move(done));
}

Task<void> Methods::perform(Call call, protocol::SessionRecover params) {
  auto ready = co_await domain_.doorkeeper.begin_recovery(std::move(params.ticket));
  if (call.link->stage == Stage::signing_in) call.link->stage = Stage::stranger;
  if (!ready) co_return answer_(call, std::unexpected(std::move(ready).error()));
  JsonText json(48);
  json.open().field("ready_ms", *ready).close();
  answer_(call, json.take());
}

Task<Text> Methods::perform(Call call, protocol::SessionVerify params) {
  const Farewell farewell(*call.link);
  admission::Proof proof{factor_of(params.factor), std::move(params.code).value_or(""),
                         assertion_of(std::move(params.webauthn))};
  co_return empty_object(co_await domain_.doorkeeper.verify(call.actor(), std::move(proof)));
}

Task<Text> Methods::perform(Call call, protocol::SessionToken) {
  auto token = co_await domain_.sign_in.token(call.actor().session);
  if (!token) co_return std::unexpected(std::move(token).error());
  JsonText json(1024);
  json.open()
      .field("access_token", token->token)
      .field("access_expires_ms", token->expires_ms)
      .close();
  co_return json.take();
}

Text Methods::perform(const Call&, protocol::SessionPing) {
  JsonText json(40);
  json.open().field("time_ms", clock_.utc_ms()).close();
  return json.take();
}

Text Methods::perform(const Call& call, protocol::SessionEnd) {
  const Farewell farewell(*call.link);
  return empty_object(domain_.account.end_session(call.actor()));
}

Task<Text> Methods::perform(Call call, protocol::DeviceList) {
  auto devices = co_await domain_.account.devices(call.actor());
  if (!devices) co_return std::unexpected(std::move(devices).error());
  const auto stays = co_await domain_.disclosure.stays(call.actor(), *devices);
  JsonText json(1024);
  json.open();
  json.open_list("devices");
  for (std::size_t i = 0; i < devices->size(); ++i) append(json, (*devices)[i], stays[i]);
  json.close_list();
  json.close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::DeviceRename params) {
  const auto done =
      co_await domain_.account.rename_device(call.actor(), params.device, std::move(params.name));
  if (done) tell_device_changed(call.actor(), params.device, "renamed");
  co_return empty_object(done);
}

Task<Text> Methods::perform(Call call, protocol::DeviceSignOut params) {
  const Farewell farewell(*call.link);
  co_return empty_object(co_await domain_.account.sign_out_device(call.actor(), params.device));
}

Task<Text> Methods::perform(Call call, protocol::DeviceRemove params) {
  const Farewell farewell(*call.link);
  // A device that is signed in is told of by the end of its session.
  const auto sessions = domain_.sessions.of_user(call.actor().tenant, call.actor().user);
  const bool silent = std::ranges::none_of(sessions, [&](const identity::Session* session) {
    return session->actor.device == params.device;
  });
  const auto done = co_await domain_.account.remove_device(call.actor(), params.device);
  if (done && silent) tell_device_changed(call.actor(), params.device, "revoked");
  co_return empty_object(done);
}

Task<Text> Methods::perform(Call call, protocol::DeviceMakePrimary params) {
  co_return empty_object(co_await domain_.doorkeeper.make_primary(call.actor(), params.device));
}

Task<Text> Methods::perform(Call call, protocol::DeviceObject) {
  co_return empty_object(co_await domain_.recovery.object(call.actor()));
}

Text Methods::perform(const Call& call, protocol::ApprovalList) {
  JsonText json(512);
  json.open();
  append_all(json, "requests", domain_.approvals.pending(call.actor()));
  json.close();
  return json.take();
}

Task<Text> Methods::perform(Call call, protocol::ApprovalAnswer params) {
  admission::ApprovalAnswer answer{
      params.approval, params.decision == protocol::ApprovalAnswerDecision::approve,
      std::move(params.number).value_or(""), std::move(params.secret).value_or(Bytes{}),
      std::move(params.signature)};
  co_return empty_object(co_await domain_.approvals.answer(call.actor(), std::move(answer)));
}

}  // namespace conclave::doors::native
