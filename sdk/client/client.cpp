#include "sdk/client/client.hpp"

#include "runtime/base/encoding.hpp"
#include "sdk/client/engine.hpp"
#include "sdk/client/errors.hpp"

namespace conclave::client {

std::string_view to_text(State state) {
  switch (state) {
    case State::stopped:
      return "stopped";
    case State::connecting:
      return "connecting";
    case State::signing_in:
      return "signing in";
    case State::syncing:
      return "catching up";
    case State::online:
      return "online";
    case State::refused:
      return "refused";
  }
  return "unknown";
}

Result<std::unique_ptr<Client>> Client::open(Options options, Listener& listener) {
  auto home = Home::open(options.home);
  if (!home) return std::unexpected(std::move(home).error());
  auto device = home->load_device();
  if (!device) return std::unexpected(std::move(device).error());
  auto progress = home->load_progress();
  if (!progress) return std::unexpected(std::move(progress).error());
  std::optional<DeviceKey> key;
  if (*device) {
    auto loaded = DeviceKey::from_pem((*device)->key_pem);
    if (!loaded) return std::unexpected(std::move(loaded).error());
    key = std::move(*loaded);
  }
  auto order = home->load_order();
  if (!order) return std::unexpected(std::move(order).error());
  if (!*device && *order) {
    // The program ended while it destroyed the key: what is left goes now.
    (void)home->wipe(true);
    order->reset();
  }
  auto engine =
      std::make_unique<Engine>(std::move(options), listener, std::move(*home), std::move(*device),
                               std::move(key), std::move(*progress), std::move(*order));
  return std::unique_ptr<Client>(new Client(std::move(engine)));
}

Client::Client(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Client::~Client() = default;

bool Client::enrolled() const {
  return engine_->identity().has_value();
}
std::optional<SignedIn> Client::identity() const {
  return engine_->identity();
}

Result<SignedIn> Client::enrol(std::string account, base::Secret password,
                               std::string device_name) {
  return engine_->enrol(std::move(account), std::move(password), std::move(device_name));
}

Result<SignedIn> Client::show_proof(std::string factor, std::string code) {
  return engine_->show_proof(std::move(factor), std::move(code));
}

Result<void> Client::answer_newcomer(const json::object& waiting, bool approve, std::string number,
                                     std::string secret) {
  return engine_->answer_newcomer(waiting, approve, std::move(number), std::move(secret));
}

Result<void> Client::start() {
  return engine_->start();
}
void Client::stop() {
  engine_->stop();
}

Result<void> Client::wait_online(std::int64_t timeout_ms, bool patient) {
  return engine_->wait_online(timeout_ms, patient);
}

void Client::call(std::string method, json::object params, Answer answer) {
  engine_->call(std::move(method), std::move(params), std::move(answer));
}

std::future<Result<json::object>> Client::call(std::string method, json::object params) {
  std::promise<Result<json::object>> promise;
  auto future = promise.get_future();
  engine_->call(std::move(method), std::move(params),
                [promise = std::move(promise)](Result<json::object> answer) mutable {
                  promise.set_value(std::move(answer));
                });
  return future;
}

Result<std::int64_t> Client::send(std::string_view room, json::object params,
                                  std::string_view method) {
  return engine_->send(room, std::move(params), method);
}

std::size_t Client::unsent() const {
  return engine_->unsent();
}

Result<json::object> Client::order_wipe(DeviceId device) {
  auto prepared = call("device.wipe", {{"device", base::to_text(device)}}).get();
  if (!prepared) return prepared;
  const auto* text = prepared->if_contains("document");
  if (text == nullptr || !text->is_string()) return fail(kProtocol, "no document");
  const auto document = base::base64url_decode(std::string_view(text->as_string()));
  if (!document) return fail(kProtocol, "no document");
  const auto signature = engine_->sign_order(*document, hsm::api::kWipe, device);
  if (!signature) return std::unexpected(signature.error());
  return call("order.submit",
              {{"document", text->as_string()}, {"signature", base::base64url_encode(*signature)}})
      .get();
}

}  // namespace conclave::client
