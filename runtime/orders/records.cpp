#include "runtime/orders/records.hpp"

#include <algorithm>

#include "runtime/identity/row_form.hpp"

namespace conclave::orders {
namespace {

using identity::RowForm;
using store::Record;
using store::RecordKind;

constexpr std::size_t kMaxText = 512;

Bytes take(ByteView view) {
  return {view.begin(), view.end()};
}

void write(base::ByteWriter& out, const std::optional<KeptReceipt>& kept) {
  out.u8(kept ? 1 : 0);
  if (!kept) return;
  const auto& receipt = kept->receipt;
  out.run(receipt.stage).run(receipt.outcome).run(receipt.report).i64(receipt.time_ms);
  out.run(receipt.signature).i64(kept->kept_ms);
}

std::optional<KeptReceipt> read_receipt(base::ByteReader& in, bool* good) {
  const std::uint8_t present = in.u8();
  *good = *good && present <= 1;
  if (present != 1) return std::nullopt;
  KeptReceipt out;
  out.receipt.stage = std::string(in.text(kMaxText));
  out.receipt.outcome = std::string(in.text(kMaxText));
  out.receipt.report = std::string(in.text(kMaxText));
  out.receipt.time_ms = in.i64();
  out.receipt.signature = take(in.run(kMaxText));
  out.kept_ms = in.i64();
  return out;
}

}  // namespace

std::string_view to_text(OrderState state) {
  switch (state) {
    case OrderState::proposed:
      return "proposed";
    case OrderState::queued:
      return "queued";
    case OrderState::delivered:
      return "delivered";
    case OrderState::executed:
      return "executed";
    case OrderState::failed:
      return "failed";
    case OrderState::expired:
      return "expired";
  }
  return "unknown";
}

Record encode(const Ban& ban) {
  const RowForm form{RecordKind::ban, ban.tenant, ban.user.value, ban.device.value, ban.version};
  base::ByteWriter out = identity::begin_row(form);
  out.raw(ban.key_digest).run(ban.hardware_digest).u8(ban.wide ? 1 : 0);
  out.u64(ban.by.value).u64(ban.by_tenant.value).i64(ban.at_ms).i64(ban.lifted_ms);
  return identity::finish_row(form, std::move(out));
}

Result<Ban> decode_ban(const Record& record) {
  base::ByteReader in(record.content);
  if (!identity::read_head(in, record, RecordKind::ban)) return fail(base::kMalformed, "ban head");
  Ban out;
  out.tenant = record.tenant;
  out.user.value = record.id;
  out.device.value = record.sub;
  out.version = record.version;
  std::ranges::copy(in.raw(out.key_digest.size()), out.key_digest.begin());
  out.hardware_digest = take(in.run(out.key_digest.size()));
  const std::uint8_t wide = in.u8();
  out.wide = wide == 1;
  out.by.value = in.u64();
  out.by_tenant.value = in.u64();
  out.at_ms = in.i64();
  out.lifted_ms = in.i64();
  if (!in.done() || wide > 1) return fail(base::kMalformed, "ban");
  return out;
}

Record encode(const Order& order) {
  const RowForm form{RecordKind::order, order.document.tenant, order.document.order.value, 0,
                     order.version};
  base::ByteWriter out = identity::begin_row(form);
  out.run(order.bytes).u8(static_cast<std::uint8_t>(order.signatures.size()));
  for (const auto& each : order.signatures) {
    out.u64(each.user.value).u64(each.device.value).run(each.signature);
  }
  out.u8(static_cast<std::uint8_t>(order.authority)).run(order.command);
  out.u8(static_cast<std::uint8_t>(order.state)).i64(order.created_ms);
  write(out, order.arrived);
  write(out, order.executed);
  return identity::finish_row(form, std::move(out));
}

Result<Order> decode_order(const Record& record) {
  base::ByteReader in(record.content);
  if (!identity::read_head(in, record, RecordKind::order))
    return fail(base::kMalformed, "order head");
  Order out;
  out.version = record.version;
  out.bytes = take(in.run(hsm::api::kMaxOrderDocument));
  const std::size_t signatures = in.u8();
  for (std::size_t i = 0; i < signatures && in.ok(); ++i) {
    OrderSignature each;
    each.user.value = in.u64();
    each.device.value = in.u64();
    each.signature = take(in.run(kMaxText));
    out.signatures.push_back(std::move(each));
  }
  const std::uint8_t authority = in.u8();
  out.authority = hsm::api::OrderAuthority{authority};
  out.command = take(in.run(kMaxText));
  const std::uint8_t state = in.u8();
  out.state = OrderState{state};
  out.created_ms = in.i64();
  bool good = signatures <= hsm::api::kMaxOrderSigners && authority >= 1 && authority <= 2 &&
              state >= 1 && state <= static_cast<std::uint8_t>(OrderState::expired);
  out.arrived = read_receipt(in, &good);
  out.executed = read_receipt(in, &good);
  auto document = hsm::api::parse_order(out.bytes);
  if (!in.done() || !good || !document || document->tenant != record.tenant ||
      document->order.value != record.id) {
    return fail(base::kMalformed, "order");
  }
  out.document = std::move(*document);
  return out;
}

}  // namespace conclave::orders
