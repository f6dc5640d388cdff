#include "sdk/client/held_order.hpp"

#include "hsm/api/signature.hpp"
#include "runtime/base/encoding.hpp"
#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

// SubjectPublicKeyInfo of a P-256 key ends with its uncompressed point (RFC 5480).
constexpr std::size_t kPointSize = 65;
constexpr std::size_t kSpkiSize = 91;

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::unexpected<Error> forged(std::string_view why) {
  return fail(kOrderForged, std::string(why));
}

json::object to_json(const hsm::api::OrderReceipt& receipt) {
  return {{"stage", receipt.stage},
          {"outcome", receipt.outcome},
          {"report", receipt.report},
          {"time_ms", receipt.time_ms},
          {"signature", base::base64url_encode(receipt.signature)}};
}

Result<hsm::api::OrderReceipt> receipt_from(const json::value* value) {
  const auto* object = value != nullptr ? value->if_object() : nullptr;
  const auto* time = object != nullptr ? object->if_contains("time_ms") : nullptr;
  if (time == nullptr || !time->is_int64()) return fail(base::kMalformed, "receipt");
  auto signature = base::base64url_decode(text_at(*object, "signature"));
  if (!signature) return fail(base::kMalformed, "receipt");
  return hsm::api::OrderReceipt{text_at(*object, "stage"), text_at(*object, "outcome"),
                                text_at(*object, "report"), time->as_int64(),
                                std::move(*signature)};
}

}  // namespace

Result<HeldOrder> check_order(const json::object& order, ByteView command_key, const SignedIn& self,
                              const DeviceKey& key, std::int64_t now_ms) {
  if (command_key.size() != kSpkiSize) return forged("no key for orders is kept on this device");
  const auto pinned =
      hsm::api::make_verify_key(hsm::api::SignatureAlgorithm::es256, command_key.last(kPointSize));
  const auto bytes = base::base64url_decode(text_at(order, "document"));
  const auto signature = base::base64url_decode(text_at(order, "signature"));
  const auto authority = hsm::api::parse_authority(text_at(order, "authority"));
  if (!pinned || !bytes || !signature || !authority) return forged("form");
  if (!hsm::api::verify(*pinned, hsm::api::command_statement(*bytes, *authority), *signature)) {
    return forged("not signed by the key that this device keeps since its enrolment");
  }
  auto document = hsm::api::parse_order(*bytes);
  if (!document) return forged("form");
  if (document->tenant != self.tenant || document->user != self.user ||
      document->device != self.device || document->device_key_digest != base::sha256(key.point())) {
    return forged("for another device");
  }
  if (document->kind != hsm::api::kWipe) return forged("unknown kind " + document->kind);
  if (document->expires_ms <= now_ms) return forged("expired");
  HeldOrder out;
  out.document = std::move(*document);
  out.bytes = *bytes;
  out.authority = *authority;
  auto arrived = sign_receipt(out, key, "arrived", "accepted", "", now_ms);
  if (!arrived) return std::unexpected(std::move(arrived).error());
  out.arrived = std::move(*arrived);
  return out;
}

Result<hsm::api::OrderReceipt> sign_receipt(const HeldOrder& order, const DeviceKey& key,
                                            std::string stage, std::string outcome,
                                            std::string report, std::int64_t now_ms) {
  hsm::api::OrderReceipt out{std::move(stage), std::move(outcome), std::move(report), now_ms, {}};
  auto signature = key.sign(hsm::api::receipt_statement(order.document.order, order.bytes, out));
  if (!signature) return std::unexpected(std::move(signature).error());
  out.signature = std::move(*signature);
  return out;
}

json::object receipt_params(const HeldOrder& order, const hsm::api::OrderReceipt& receipt) {
  json::object out = to_json(receipt);
  out["order"] = base::to_text(order.document.order);
  return out;
}

json::object to_json(const HeldOrder& order) {
  json::object out{{"document", base::base64url_encode(order.bytes)},
                   {"authority", hsm::api::to_text(order.authority)},
                   {"arrived", to_json(order.arrived)}};
  if (order.executed) out["executed"] = to_json(*order.executed);
  return out;
}

Result<HeldOrder> held_order_from(const json::object& object) {
  const auto bytes = base::base64url_decode(text_at(object, "document"));
  const auto authority = hsm::api::parse_authority(text_at(object, "authority"));
  auto arrived = receipt_from(object.if_contains("arrived"));
  if (!bytes || !authority || !arrived) return fail(base::kMalformed, "held order");
  auto document = hsm::api::parse_order(*bytes);
  if (!document) return std::unexpected(std::move(document).error());
  HeldOrder out{std::move(*document), *bytes, *authority, std::move(*arrived), {}};
  if (const auto* executed = object.if_contains("executed")) {
    auto receipt = receipt_from(executed);
    if (!receipt) return std::unexpected(std::move(receipt).error());
    out.executed = std::move(*receipt);
  }
  return out;
}

Result<Bytes> sign_order(ByteView document, std::string_view kind, DeviceId device,
                         const SignedIn& self, const DeviceKey& key) {
  const auto order = hsm::api::parse_order(document);
  if (!order || order->kind != kind || order->device != device || order->tenant != self.tenant ||
      !order->details.empty()) {
    return forged("the server gave another order to sign than was asked for");
  }
  return key.sign(hsm::api::order_statement(document));
}

}  // namespace conclave::client
