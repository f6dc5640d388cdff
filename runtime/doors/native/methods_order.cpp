#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/farewell.hpp"
#include "runtime/doors/native/methods.hpp"
#include "runtime/doors/native/views.hpp"

namespace conclave::doors::native {
namespace {

constexpr std::size_t kMostOrders = 200;
constexpr std::size_t kMostOpenOrders = 16;

void append(JsonText& json, std::string_view name, const std::optional<orders::KeptReceipt>& kept) {
  if (!kept) return;
  const auto& receipt = kept->receipt;
  json.open(name).field("outcome", receipt.outcome).field("report", receipt.report);
  json.field("time_ms", receipt.time_ms);
  json.field("signature", base::base64url_encode(receipt.signature));
  json.field("kept_ms", kept->kept_ms).close();
}

void append(JsonText& json, const orders::Order& order) {
  const auto& document = order.document;
  json.open().field("order", document.order).field("kind", document.kind);
  json.field("device", document.device).field("state", orders::to_text(order.state));
  json.field("document", base::base64url_encode(order.bytes));
  if (!order.command.empty()) json.field("authority", hsm::api::to_text(order.authority));
  json.field("created_ms", order.created_ms).field("expires_ms", document.expires_ms);
  append(json, "arrived", order.arrived);
  append(json, "executed", order.executed);
  json.close();
}

Text order_text(Result<orders::Order> order) {
  if (!order) return std::unexpected(std::move(order).error());
  JsonText json(1024);
  append(json, *order);
  return json.take();
}

Text fetched_text(Result<std::vector<orders::Order>> found) {
  if (!found) return std::unexpected(std::move(found).error());
  JsonText json(1024);
  json.open().open_list("orders");
  for (std::size_t i = 0; i < found->size() && i < kMostOpenOrders; ++i) {
    const auto& order = (*found)[i];
    json.open().field("order", order.document.order);
    json.field("document", base::base64url_encode(order.bytes));
    json.field("authority", hsm::api::to_text(order.authority));
    json.field("signature", base::base64url_encode(order.command)).close();
  }
  json.close_list().close();
  return json.take();
}

}  // namespace

Task<Text> Methods::perform(Call call, protocol::DeviceBan params) {
  const Farewell farewell(*call.link);
  const auto done = co_await domain_.bans.ban_own(call.actor(), params.device);
  if (done) tell_device_changed(call.actor(), params.device, "banned");
  co_return empty_object(done);
}

Text Methods::perform(const Call& call, protocol::DeviceWipe params) {
  const auto document = domain_.orders.prepare_own(call.actor(), params.device, hsm::api::kWipe);
  if (!document) return std::unexpected(document.error());
  JsonText json(512);
  json.open().field("document", base::base64url_encode(*document)).close();
  return json.take();
}

Task<Text> Methods::perform(Call, protocol::OrderKey) {
  const auto key = co_await domain_.orders.command_key();
  if (!key) co_return std::unexpected(key.error());
  JsonText json(256);
  json.open().field("key", base::base64url_encode(key->spki)).field("key_id", key->key_id).close();
  co_return json.take();
}

Task<Text> Methods::perform(Call call, protocol::OrderSubmit params) {
  co_return order_text(co_await domain_.orders.submit_own(call.actor(), std::move(params.document),
                                                          std::move(params.signature)));
}

Text Methods::perform(const Call& call, protocol::OrderList params) {
  const auto found = domain_.orders.list_own(call.actor(), params.device.value_or(DeviceId{}));
  JsonText json(1024);
  json.open().open_list("orders");
  for (std::size_t i = 0; i < found.size() && i < kMostOrders; ++i) append(json, found[i]);
  json.close_list().close();
  return json.take();
}

Task<void> Methods::perform(Call call, protocol::OrderFetch params) {
  orders::FetchRequest request{.account = std::move(params.account),
                               .device = params.device,
                               .nonce_s = call.link->nonce,
                               .nonce_c = std::move(params.nonce),
                               .binding = std::string(to_text(params.binding.type)),
                               .signature = std::move(params.signature)};
  auto found = co_await domain_.orders.fetch(std::move(request), call.link->facts);
  // It proved its key and is a stranger all the same.
  if (call.link->stage == Stage::signing_in) call.link->stage = Stage::stranger;
  answer_(call, fetched_text(std::move(found)));
}

Task<Text> Methods::perform(Call, protocol::OrderReceipt params) {
  hsm::api::OrderReceipt receipt{std::string(to_text(params.stage)),
                                 std::string(to_text(params.outcome)), std::move(params.report),
                                 static_cast<std::int64_t>(params.time_ms),
                                 std::move(params.signature)};
  const auto order = co_await domain_.orders.receipt(params.order, std::move(receipt));
  if (!order) co_return std::unexpected(order.error());
  JsonText json(96);
  json.open().field("order", order->document.order);
  json.field("state", orders::to_text(order->state)).close();
  co_return json.take();
}

}  // namespace conclave::doors::native
