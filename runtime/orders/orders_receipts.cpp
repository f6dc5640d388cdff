#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/orders/errors.hpp"
#include "runtime/orders/orders.hpp"
#include "runtime/orders/records.hpp"

// What devices say of orders: receipts, checked and kept as evidence.
namespace conclave::orders {
namespace {

constexpr std::string_view kArrived = "arrived";
constexpr std::string_view kExecuted = "executed";

bool known_words(const hsm::api::OrderReceipt& receipt) {
  if (receipt.stage == kArrived) return receipt.outcome == "accepted";
  return receipt.stage == kExecuted && (receipt.outcome == "done" || receipt.outcome == "failed");
}

}  // namespace

Task<Result<Order>> Orders::receipt(OrderId id, hsm::api::OrderReceipt receipt) {
  if (!known_words(receipt)) co_return fail(kReceiptRefused, "stage and outcome");
  // Whoever asks is not signed in: that an order exists is no more theirs to know than whose it is.
  const auto known = orders_.find(id);
  if (known == orders_.end() || known->second.command.empty()) co_return fail(kReceiptRefused);
  const auto& document = known->second.document;
  const auto* device = parts_.directory.device(document.tenant, document.device);
  if (device == nullptr) co_return fail(kReceiptRefused);
  const auto statement = hsm::api::receipt_statement(id, known->second.bytes, receipt);
  if (!hsm::api::verify(device->key, statement, receipt.signature)) {
    co_return fail(kReceiptRefused);
  }

  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  Order order = orders_.at(id);
  const bool arrival = receipt.stage == kArrived;
  const bool good = receipt.outcome != "failed";
  if (arrival ? order.arrived.has_value() : order.executed.has_value()) co_return order;
  if (!arrival && !order.arrived) co_return fail(kReceiptEarly);
  const KeptReceipt kept{std::move(receipt), parts_.clock.utc_ms()};
  // An order that expired on its way was carried out all the same: the proof counts.
  if (arrival) {
    order.arrived = kept;
    if (is_open(order.state)) order.state = OrderState::delivered;
  } else {
    order.executed = kept;
    order.state = good ? OrderState::executed : OrderState::failed;
  }
  ++order.version;
  std::vector<store::Record> rows;
  rows.push_back(encode(order));
  const identity::Actor by{
      order.document.tenant, order.document.user, order.document.device, {}, {}};
  auto entry = identity::admin_entry(
      by, order.document.tenant, arrival ? "order.arrived" : "order.executed", base::to_text(id));
  entry.facts.emplace_back("outcome", kept.receipt.outcome);
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  orders_[id] = order;
  if (!arrival && good) tell(order, "wiped");
  co_return order;
}

}  // namespace conclave::orders
