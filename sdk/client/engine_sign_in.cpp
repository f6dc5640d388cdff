// Engine: from the server's hello to a signed-in session.
#include <boost/asio/post.hpp>
#include <fstream>
#include <iterator>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/base/random.hpp"
#include "sdk/client/engine.hpp"
#include "sdk/client/errors.hpp"
#include "sdk/client/transcript.hpp"

namespace conclave::client {
namespace {

constexpr std::size_t kNonceSize = 32;

std::string string_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

// What the server keeps of an identifier; the purpose keeps both apart.
std::string identifier_digest(std::string_view purpose, std::string_view identifier) {
  return base::base64url_encode(
      base::transcript_digest({base::as_bytes("conclave/identifier/1"), base::as_bytes(purpose),
                               base::as_bytes(identifier)}));
}

Result<std::string> read_authority(const Options& options) {
  if (options.ca_file.empty()) return std::string();
  std::ifstream file(options.ca_file);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && text.empty()) {
    return fail(kUntrusted, "cannot read " + options.ca_file.string());
  }
  return text;
}

}  // namespace

Result<SignedIn> Client::Engine::enrol(std::string account, base::Secret password,
                                       std::string device_name) {
  if (auto known = identity()) return fail(kAlreadyEnrolled, known->account);
  auto key = DeviceKey::make();
  if (!key) return std::unexpected(std::move(key).error());
  auto authority = read_authority(options_);
  if (!authority) return std::unexpected(std::move(authority).error());
  auto enrolment = std::make_unique<Enrolment>(Enrolment{folded(account),
                                                         std::move(password),
                                                         std::move(device_name),
                                                         std::move(*key),
                                                         std::move(*authority),
                                                         {}});
  auto done = enrolment->done.get_future();
  boost::asio::post(io_, [this, enrolment = std::move(enrolment)]() mutable {
    if (enrolment_ || device_) {
      enrolment->done.set_value(fail(kAlreadyEnrolled));
      return;
    }
    enrolment_ = std::move(enrolment);
    connect();
  });
  return done.get();
}

void Client::Engine::on_hello(const json::object& params) {
  if (hello_) return protocol_error("a second hello");
  auto nonce = base::base64url_decode(string_at(params, "nonce"));
  if (!nonce || nonce->size() != kNonceSize || string_at(params, "version") != "1") {
    return protocol_error("the hello has no nonce or another version");
  }
  hello_ = Hello{std::move(*nonce)};
  set_state(State::signing_in);
  sign_in();
}

void Client::Engine::sign_in() {
  if (enrolment_) return ask_enrol();
  if (order_) return obey();
  if (refusal_) return ask_orders();
  if (!resume_handle_.empty()) return ask_resume();
  if (device_ && key_) return ask_prove();
  give_up(Error(kNotEnrolled));
}

void Client::Engine::ask_resume() {
  const Bytes handle = std::exchange(resume_handle_, {});
  request("session.resume", {{"handle", base::base64url_encode(handle)}},
          [this](Result<json::object> answer) {
            // Refused after a restart of the server: the device key is as good.
            const bool again = !answer && answer.error().kind() == ErrorKind::unauthenticated;
            if (again && transport_) return sign_in();
            on_signed_in(std::move(answer));
          });
}

void Client::Engine::ask_prove() {
  const std::string device = base::to_text(device_->identity.device);
  const Bytes nonce = base::system_random().bytes(kNonceSize);
  const auto& binding = transport_->binding();
  const auto signature =
      key_->sign(digest({"prove", device_->identity.account, device, DeviceKey::algorithm(),
                         key_->point(), hello_->nonce, nonce, binding}));
  if (!signature) return give_up(signature.error());
  request("session.prove",
          {{"account", device_->identity.account},
           {"device", device},
           {"nonce", base::base64url_encode(nonce)},
           {"binding", {{"type", binding.type}}},
           {"signature", base::base64url_encode(*signature)}},
          [this](Result<json::object> answer) { on_signed_in(std::move(answer)); });
}

void Client::Engine::ask_enrol() {
  const auto& claim = *enrolment_;
  const Bytes nonce = base::system_random().bytes(kNonceSize);
  const auto& binding = transport_->binding();
  const auto signature = claim.key.sign(digest({"enrol", claim.account, "", DeviceKey::algorithm(),
                                                claim.key.point(), hello_->nonce, nonce, binding}));
  if (!signature) return give_up(signature.error());
  json::object device{{"name", claim.device_name},
                      {"platform", options_.platform},
                      {"algorithm", DeviceKey::algorithm()},
                      {"key", base::base64url_encode(claim.key.point())}};
  if (!options_.hardware_id.empty()) {
    device["hardware_id"] = identifier_digest("hardware", options_.hardware_id);
  }
  if (!options_.service_id.empty()) {
    device["service_id"] = identifier_digest("service", options_.service_id);
  }
  request("session.enrol",
          {{"account", claim.account},
           {"password", base::as_text(claim.password.view())},
           {"device", std::move(device)},
           {"nonce", base::base64url_encode(nonce)},
           {"binding", {{"type", binding.type}}},
           {"signature", base::base64url_encode(*signature)}},
          [this](Result<json::object> answer) { on_signed_in(std::move(answer)); });
}

void Client::Engine::on_signed_in(Result<json::object> answer) {
  if (!answer) return on_sign_in_error(answer.error());
  if (auto handle = base::base64url_decode(string_at(*answer, "resume_handle"))) {
    resume_handle_ = std::move(*handle);
  }
  signed_in_ = true;
  backoff_.reset();
  ticket_.clear();
  if (enrolment_) return pin_command_key(std::move(*answer));
  if (device_) settle_proof(device_->identity);
  if (wanted_) begin_sync();
}

void Client::Engine::end_enrolment(const json::object& signed_in, Bytes command_key) {
  auto kept = finish_enrolment(signed_in, std::move(command_key));
  if (!kept) return give_up(kept.error());
  enrolment_->done.set_value(device_->identity);
  enrolment_.reset();
  settle_proof(device_->identity);
  if (wanted_) begin_sync();
}

void Client::Engine::on_sign_in_error(const Error& error) {
  if (transport_ && waits_for_proof(error)) return wait_for_proof(error);
  ticket_.clear();
  settle_proof(std::unexpected(error));
  if (!transport_) return;  // the loss of the connection has been dealt with
  switch (error.kind()) {
    case ErrorKind::limited:
    case ErrorKind::unavailable:
    case ErrorKind::internal:
      return retry(error, error.retry_after_ms());
    case ErrorKind::unauthenticated:
      return look_for_orders(error);
    default:
      return give_up(error);
  }
}

Result<void> Client::Engine::finish_enrolment(const json::object& answer, Bytes command_key) {
  DeviceRecord record;
  record.command_key = std::move(command_key);
  record.server = options_.server;
  record.authority_pem = enrolment_->authority_pem;
  record.identity.account = string_at(answer, "account");
  const auto user = base::parse_id<UserId>(string_at(answer, "user"));
  const auto tenant = base::parse_id<TenantId>(string_at(answer, "tenant"));
  const auto device = base::parse_id<DeviceId>(string_at(answer, "device"));
  if (!user || !tenant || !device) return fail(kProtocol, "the answer names no device");
  record.identity.user = *user;
  record.identity.tenant = *tenant;
  record.identity.device = *device;
  auto pem = enrolment_->key.pem();
  if (!pem) return std::unexpected(std::move(pem).error());
  record.key_pem = std::move(*pem);
  CONCLAVE_TRY(home_.save_device(record));
  key_ = std::move(enrolment_->key);
  {
    const std::lock_guard lock(mutex_);
    identity_ = record.identity;
  }
  device_ = std::move(record);
  return {};
}

}  // namespace conclave::client
