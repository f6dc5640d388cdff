#include "runtime/orders/orders.hpp"

#include <algorithm>

#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/binding.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/orders/errors.hpp"
#include "runtime/orders/records.hpp"

// What is there: loading, listing, fetching, expiring.
namespace conclave::orders {
namespace {

constexpr std::size_t kMinClientNonce = 16;
constexpr std::size_t kMaxClientNonce = 64;

std::vector<Order> newest_first(std::vector<Order> orders) {
  std::ranges::sort(orders, std::greater{}, &Order::created_ms);
  return orders;
}

}  // namespace

void Orders::load(const identity::SoundRows& rows) {
  orders_.clear();
  for (const auto& row : rows.of(store::RecordKind::order)) {
    auto order = decode_order(row);
    if (!order) {
      identity::tell_row_refused(row, order.error().text());
      continue;
    }
    orders_[order->document.order] = std::move(*order);
  }
  for (const auto& unsound : rows.unsound(store::RecordKind::order)) {
    observe::error("alarm.order_lost", {{"tenant", unsound.row.tenant},
                                        {"order", OrderId{unsound.row.id}},
                                        {"why", unsound.why},
                                        {"advice",
                                         "the device stays revoked; give the order anew "
                                         "and look who can write to the store"}});
  }
}

Task<Result<hsm::api::PublicKey>> Orders::command_key() {
  if (command_key_) co_return *command_key_;
  auto& keys = parts_.keys;
  auto key = co_await async::await_callback<hsm::api::PublicKey>(
      [&keys](Callback<hsm::api::PublicKey> done) {
        keys.public_key(hsm::api::PublicKeyKind::command, std::move(done));
      });
  if (key) command_key_ = *key;
  co_return key;
}

std::vector<Order> Orders::list_own(const identity::Actor& actor, DeviceId device) const {
  std::vector<Order> out;
  for (const auto& [id, order] : orders_) {
    const auto& document = order.document;
    if (document.tenant != actor.tenant || document.user != actor.user) continue;
    if (!device || document.device == device) out.push_back(order);
  }
  return newest_first(std::move(out));
}

Result<std::vector<Order>> Orders::list(const identity::Actor& actor, TenantId tenant, UserId user,
                                        DeviceId device) const {
  using identity::Role;
  CONCLAVE_TRY(
      parts_.administration.authorise(actor, tenant, {Role::user_admin, Role::security_admin}));
  std::vector<Order> out;
  for (const auto& [id, order] : orders_) {
    const auto& document = order.document;
    if (document.tenant != tenant || document.user != user) continue;
    if (!device || document.device == device) out.push_back(order);
  }
  return newest_first(std::move(out));
}

std::unexpected<Error> Orders::refuse(const identity::Throttle::Attempt& attempt,
                                      std::string_view why) {
  const auto now_ms = parts_.clock.monotonic_ms();
  parts_.throttle.started(attempt, now_ms);
  parts_.throttle.failed(attempt, now_ms);
  observe::info("order.fetch_refused",
                {{"why", why}, {"address", attempt.address}, {"device", attempt.device}});
  return fail(identity::kSignInRefused);
}

Task<Result<std::vector<Order>>> Orders::fetch(FetchRequest request,
                                               identity::ConnectionFacts facts) {
  auto name = identity::parse_account(request.account);
  if (!name) co_return std::unexpected(name.error());
  const std::string account = name->local + "@" + name->domain;
  const auto& directory = parts_.directory;
  const auto* tenant = directory.tenant_by_domain(name->domain);
  const auto* user = tenant == nullptr ? nullptr : directory.user_by_name(tenant->id, name->local);
  const auto* device = user == nullptr ? nullptr : directory.device(tenant->id, request.device);
  const bool theirs = device != nullptr && device->user == user->id;
  const identity::Throttle::Attempt attempt{facts.address, account, name->domain,
                                            theirs ? base::to_text(request.device) : ""};
  if (const auto wait = parts_.throttle.wait_ms(attempt, parts_.clock.monotonic_ms()); wait > 0) {
    co_return std::unexpected(Error(identity::kSignInThrottled).retry_after(wait));
  }
  CONCLAVE_CO_TRY(parts_.nonces.use(request.nonce_s));
  auto binding = identity::binding_of(request.binding, facts, {});
  if (!binding) co_return std::unexpected(binding.error());
  const auto nonce = request.nonce_c.size();
  if (!theirs || nonce < kMinClientNonce || nonce > kMaxClientNonce) {
    co_return refuse(attempt, "device");
  }
  const auto signed_bytes =
      identity::digest({"orders", name->domain, account, base::to_text(device->id), device->key,
                        request.nonce_s, request.nonce_c, *binding});
  if (!hsm::api::verify(device->key, signed_bytes, request.signature)) {
    co_return refuse(attempt, "signature");
  }
  std::vector<Order> out;
  const auto now_ms = parts_.clock.utc_ms();
  for (const auto& [id, order] : orders_) {
    const auto& document = order.document;
    if (document.tenant != tenant->id || document.device != request.device) continue;
    if (is_open(order.state) && document.expires_ms > now_ms) out.push_back(order);
  }
  co_return newest_first(std::move(out));
}

Task<void> Orders::upkeep() {
  std::vector<OrderId> due;
  const auto now_ms = parts_.clock.utc_ms();
  for (const auto& [id, order] : orders_) {
    const bool waiting = is_open(order.state) || order.state == OrderState::proposed;
    if (waiting && order.document.expires_ms <= now_ms) due.push_back(id);
  }
  for (const auto id : due) {
    if (const auto done = co_await expire(id); !done) {
      observe::warn("order.not_stored", {{"order", id}, {"error", done.error()}});
      co_return;  // tried again in a minute
    }
  }
}

Task<Result<void>> Orders::expire(OrderId id) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const auto found = orders_.find(id);
  if (found == orders_.end()) co_return Result<void>{};
  Order order = found->second;
  if (!is_open(order.state) && order.state != OrderState::proposed) co_return Result<void>{};
  order.state = OrderState::expired;
  ++order.version;
  std::vector<store::Record> rows;
  rows.push_back(encode(order));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(
      std::move(rows), {},
      identity::admin_entry({}, order.document.tenant, "order.expired", base::to_text(id))));
  orders_[id] = std::move(order);
  co_return Result<void>{};
}

}  // namespace conclave::orders
