// Engine: orders to this device. Each step is on disk before the next one begins, so that a crash
// goes on where it was: accepted (order.json), data gone (receipt of execution in order.json), the
// server has the receipt, key gone.
#include <boost/asio/post.hpp>

#include "runtime/base/clock.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/base/random.hpp"
#include "sdk/client/engine.hpp"
#include "sdk/client/errors.hpp"
#include "sdk/client/transcript.hpp"

namespace conclave::client {
namespace {

constexpr std::size_t kNonceSize = 32;

bool try_later(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::limited:
    case ErrorKind::unavailable:
    case ErrorKind::internal:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Refused or revoked: perhaps by an order, which the server gives to the device's key alone.
void Client::Engine::look_for_orders(const Error& refusal) {
  const bool may_ask = device_ && key_ && !enrolment_ && wanted_ && !refusal_;
  if (!may_ask) return give_up(refusal_ ? *std::exchange(refusal_, std::nullopt) : refusal);
  refusal_ = refusal;
  reconnect();
}

void Client::Engine::reconnect() {
  drop_connection();
  boost::asio::post(io_, [this] {
    if (wanted_ && !transport_) connect();
  });
}

void Client::Engine::ask_orders() {
  const std::string device = base::to_text(device_->identity.device);
  const Bytes nonce = base::system_random().bytes(kNonceSize);
  const auto& binding = transport_->binding();
  const auto signature =
      key_->sign(digest({"orders", device_->identity.account, device, DeviceKey::algorithm(),
                         key_->point(), hello_->nonce, nonce, binding}));
  if (!signature) return give_up(signature.error());
  request("order.fetch",
          {{"account", device_->identity.account},
           {"device", device},
           {"nonce", base::base64url_encode(nonce)},
           {"binding", {{"type", binding.type}}},
           {"signature", base::base64url_encode(*signature)}},
          [this](Result<json::object> answer) { on_orders(std::move(answer)); });
}

void Client::Engine::on_orders(Result<json::object> answer) {
  if (!transport_) return;  // the loss of the connection has been dealt with
  Error refusal = refusal_ ? *refusal_ : Error(kRevoked);
  if (!answer && try_later(answer.error())) {
    return retry(answer.error(), answer.error().retry_after_ms());
  }
  refusal_.reset();
  const auto* list = answer ? answer->if_contains("orders") : nullptr;
  if (list != nullptr && list->is_array()) {
    for (const auto& each : list->as_array()) {
      if (!each.is_object()) continue;
      const auto accepted = accept_order(each.as_object());
      if (accepted) return obey();
      refusal = accepted.error();  // an order that is forged is worse news than the refusal
    }
  }
  give_up(refusal);
}

Result<void> Client::Engine::accept_order(const json::object& order) {
  if (order_) return fail(kOrderForged, "another order is being carried out");
  if (!device_ || !key_) return fail(kNotEnrolled);
  auto held = check_order(order, device_->command_key, device_->identity, *key_,
                          base::system_clock().utc_ms());
  if (!held) return std::unexpected(std::move(held).error());
  CONCLAVE_TRY(home_.save_order(*held));
  order_ = std::move(*held);
  return {};
}

void Client::Engine::obey() {
  request("order.receipt", receipt_params(*order_, order_->arrived),
          [this](Result<json::object> answer) {
            // Whatever the server says: what was ordered is done. A lost connection as well; then
            // both receipts go out with the next one.
            carry_out();
            if (!transport_) return;
            if (!answer && try_later(answer.error())) {
              return retry(answer.error(), answer.error().retry_after_ms());
            }
            report_execution();
          });
}

void Client::Engine::carry_out() {
  if (!order_ || order_->executed) return;
  outbox_ = Outbox();
  feed_.reset();
  cursor_.clear();
  resume_handle_.clear();
  held_events_.clear();
  const auto report = home_.wipe(false);
  auto receipt = sign_receipt(*order_, *key_, "executed", report.failed == 0 ? "done" : "failed",
                              to_text(report), base::system_clock().utc_ms());
  if (!receipt) return listener_.on_trouble(receipt.error());
  order_->executed = std::move(*receipt);
  if (const auto kept = home_.save_order(*order_); !kept) listener_.on_trouble(kept.error());
}

void Client::Engine::report_execution() {
  if (!order_ || !order_->executed) return give_up(Error(kOrderForged, "no receipt"));
  request("order.receipt", receipt_params(*order_, *order_->executed),
          [this](Result<json::object> answer) {
            if (!transport_) return;
            if (!answer && try_later(answer.error())) {
              return retry(answer.error(), answer.error().retry_after_ms());
            }
            // The server has it, or will never take it: nothing is left to prove with the key.
            destroy_key(answer.has_value());
          });
}

void Client::Engine::destroy_key(bool proven) {
  const std::string by = order_->authority == hsm::api::OrderAuthority::owner
                             ? "another device of yours"
                             : "two admins";
  std::string detail =
      "ordered by " + by + ": " + order_->executed->report + ", then the device's key";
  if (!proven) detail += "; the server did not take the receipt";
  (void)home_.wipe(true);
  key_.reset();
  device_.reset();
  order_.reset();
  wiped_ = true;
  {
    const std::lock_guard lock(mutex_);
    identity_.reset();
    unsent_ = 0;
  }
  give_up(Error(kWiped, std::move(detail)));
}

// The key of orders is kept from the enrolment on; a server that has another one later is not
// obeyed.
void Client::Engine::pin_command_key(json::object signed_in) {
  request("order.key", {}, [this, signed_in = std::move(signed_in)](Result<json::object> answer) {
    if (!transport_ || !enrolment_) return;
    Bytes key;
    if (answer) {
      const auto* text = answer->if_contains("key");
      if (text != nullptr && text->is_string()) {
        key = base::base64url_decode(std::string_view(text->as_string())).value_or(Bytes{});
      }
    }
    end_enrolment(signed_in, std::move(key));
  });
}

Result<Bytes> Client::Engine::sign_order(ByteView document, std::string_view kind,
                                         DeviceId device) {
  std::promise<Result<Bytes>> promise;
  auto signature = promise.get_future();
  boost::asio::post(io_, [&, this] {
    if (!device_ || !key_) {
      promise.set_value(fail(kNotEnrolled));
    } else {
      promise.set_value(client::sign_order(document, kind, device, device_->identity, *key_));
    }
  });
  return signature.get();
}

}  // namespace conclave::client
