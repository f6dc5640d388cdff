#include "hsm/api/order.hpp"

#include "runtime/base/canonical.hpp"

namespace conclave::hsm::api {
namespace {

constexpr std::string_view kMagic = "CVO1";
constexpr std::size_t kMaxKind = 32;

}  // namespace

Bytes encode(const OrderDocument& order) {
  base::ByteWriter out(192 + order.details.size());
  out.raw(kMagic).run(order.kind).u64(order.order.value).u64(order.tenant.value);
  out.u64(order.user.value).u64(order.device.value).raw(order.device_key_digest).raw(order.nonce);
  out.i64(order.issued_ms).i64(order.expires_ms).run(order.details);
  return out.take();
}

Result<OrderDocument> parse_order(ByteView document) {
  if (document.size() > kMaxOrderDocument) return fail(base::kMalformed, "order: too long");
  base::ByteReader in(document);
  const bool known = base::as_text(in.raw(kMagic.size())) == kMagic;
  OrderDocument out;
  out.kind = std::string(in.text(kMaxKind));
  out.order.value = in.u64();
  out.tenant.value = in.u64();
  out.user.value = in.u64();
  out.device.value = in.u64();
  base::read_digest(in, out.device_key_digest);
  base::read_digest(in, out.nonce);
  out.issued_ms = in.i64();
  out.expires_ms = in.i64();
  const auto details = in.run(kMaxOrderDetails);
  out.details.assign(details.begin(), details.end());
  const bool named = base::is_id(out.order.value) && base::is_id(out.tenant.value) &&
                     base::is_id(out.user.value) && base::is_id(out.device.value);
  const bool timed = out.issued_ms > 0 && out.expires_ms > out.issued_ms;
  if (!in.done() || !known || !base::is_kind(out.kind) || !named || !timed) {
    return fail(base::kMalformed, "order: not the canonical form");
  }
  return out;
}

std::string_view to_text(OrderAuthority authority) {
  return authority == OrderAuthority::owner ? "owner" : "admins";
}

Result<OrderAuthority> parse_authority(std::string_view text) {
  if (text == "owner") return OrderAuthority::owner;
  if (text == "admins") return OrderAuthority::admins;
  return fail(base::kMalformed, "authority: owner or admins");
}

base::Sha256 order_statement(ByteView document) {
  return base::transcript_digest({base::as_bytes("conclave/order/1"), document});
}

base::Sha256 command_statement(ByteView document, OrderAuthority authority) {
  return base::transcript_digest(
      {base::as_bytes("conclave/command/1"), document, base::as_bytes(to_text(authority))});
}

base::Sha256 receipt_statement(OrderId order, ByteView document, const OrderReceipt& receipt) {
  const auto id = base::to_text(order);
  const auto digest = base::sha256(document);
  const auto time = std::to_string(receipt.time_ms);
  return base::transcript_digest({base::as_bytes("conclave/receipt/1"), base::as_bytes(id), digest,
                                  base::as_bytes(receipt.stage), base::as_bytes(receipt.outcome),
                                  base::as_bytes(receipt.report), base::as_bytes(time)});
}

}  // namespace conclave::hsm::api
