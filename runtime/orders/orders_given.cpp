#include <algorithm>

#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"
#include "runtime/orders/errors.hpp"
#include "runtime/orders/orders.hpp"
#include "runtime/orders/records.hpp"

// How an order is given: prepared, signed by people, signed by keyd, queued, told.
namespace conclave::orders {
namespace {

using identity::Role;
using identity::RoleSet;

constexpr std::int64_t kDay_ms = 86'400'000;
constexpr std::int64_t kOrderLife_ms = 30 * kDay_ms;  // a device that stays away longer
constexpr std::size_t kNonce = 32;
constexpr std::uint32_t kSigningRoles = RoleSet{Role::user_admin, Role::security_admin}.bits();

audit::Entry entry_of(const identity::Actor& actor, const Order& order, std::string action) {
  auto entry = identity::admin_entry(actor, order.document.tenant, std::move(action),
                                     base::to_text(order.document.order));
  entry.facts.emplace_back("kind", order.document.kind);
  entry.facts.emplace_back("device", base::to_text(order.document.device));
  return entry;
}

}  // namespace

Result<void> Orders::no_open_order(const Target& target, std::string_view kind) const {
  const bool open = std::ranges::any_of(orders_, [&](const auto& entry) {
    const auto& order = entry.second;
    return is_open(order.state) && order.document.tenant == target.tenant &&
           order.document.device == target.device && order.document.kind == kind;
  });
  if (open) return fail(kOrderOpen);
  return {};
}

Result<void> Orders::may_order(const identity::Actor& actor, const Target& target) const {
  if (actor.tenant != target.tenant) return fail(identity::kTenantNotFound);
  const auto* person = parts_.directory.user(actor.tenant, actor.user);
  if (person == nullptr || (person->own_roles.bits() & kSigningRoles) == 0) {
    return fail(kOrderRole);
  }
  if (actor.user == target.user) return fail(kOrderRole, "your own device");
  return parts_.strong_enough(actor);
}

Result<Bytes> Orders::prepare_for(const Target& target, std::string_view kind) {
  if (kind != hsm::api::kWipe) return fail(kOrderInvalid, "kind: wipe");
  const auto* device = parts_.directory.device(target.tenant, target.device);
  if (device == nullptr || device->user != target.user) return fail(identity::kDeviceNotFound);
  CONCLAVE_TRY(no_open_order(target, kind));
  hsm::api::OrderDocument document;
  document.kind = kind;
  do {
    document.order.value = parts_.random.id_value();
  } while (orders_.contains(document.order));
  document.tenant = target.tenant;
  document.user = target.user;
  document.device = target.device;
  document.device_key_digest = base::sha256(device->key.point);
  std::ranges::copy(parts_.random.bytes(kNonce), document.nonce.begin());
  document.issued_ms = parts_.clock.utc_ms();
  document.expires_ms = document.issued_ms + kOrderLife_ms;
  return encode(document);
}

Result<Bytes> Orders::prepare_own(const identity::Actor& actor, DeviceId device,
                                  std::string_view kind) {
  if (actor.device == device) return fail(kOrderOwnDevice);
  CONCLAVE_TRY(parts_.strong_enough(actor));
  return prepare_for({actor.tenant, actor.user, device}, kind);
}

Result<Bytes> Orders::prepare(const identity::Actor& actor, TenantId tenant, UserId user,
                              DeviceId device, std::string_view kind) {
  const Target target{tenant, user, device};
  CONCLAVE_TRY(may_order(actor, target));
  return prepare_for(target, kind);
}

// The document is one of this server's form about this target, and the actor's device signed it.
Result<Order> Orders::taken(const Target& target, Bytes bytes, const identity::Actor& actor,
                            Bytes signature) const {
  auto document = hsm::api::parse_order(bytes);
  if (!document) return fail(kOrderInvalid, document.error().detail());
  const auto* device = parts_.directory.device(target.tenant, target.device);
  const auto* signer = parts_.directory.device(actor.tenant, actor.device);
  if (device == nullptr || signer == nullptr) return fail(identity::kDeviceNotFound);
  if (document->tenant != target.tenant || document->user != target.user ||
      document->device != target.device ||
      document->device_key_digest != base::sha256(device->key.point)) {
    return fail(kOrderInvalid, "another device");
  }
  const auto now_ms = parts_.clock.utc_ms();
  if (document->issued_ms > now_ms || document->issued_ms < now_ms - kDay_ms ||
      document->expires_ms != document->issued_ms + kOrderLife_ms) {
    return fail(kOrderInvalid, "times");
  }
  if (orders_.contains(document->order)) return fail(kOrderState, "given before");
  if (!hsm::api::verify(signer->key, hsm::api::order_statement(bytes), signature)) {
    return fail(kOrderInvalid, "signature");
  }
  Order out;
  out.document = std::move(*document);
  out.bytes = std::move(bytes);
  out.signatures.push_back({actor.user, actor.device, std::move(signature)});
  out.created_ms = now_ms;
  out.version = 1;
  return out;
}

Task<Result<Order>> Orders::submit_own(identity::Actor actor, Bytes document, Bytes signature) {
  CONCLAVE_CO_TRY(parts_.strong_enough(actor));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const auto parsed = hsm::api::parse_order(document);
  if (!parsed) co_return fail(kOrderInvalid, parsed.error().detail());
  if (parsed->device == actor.device) co_return fail(kOrderOwnDevice);
  const Target target{actor.tenant, actor.user, parsed->device};
  auto order = taken(target, std::move(document), actor, std::move(signature));
  if (!order) co_return order;
  co_return co_await queue(actor, std::move(*order));
}

Task<Result<Order>> Orders::propose(identity::Actor actor, TenantId tenant, UserId user,
                                    DeviceId device, Bytes document, Bytes signature) {
  const Target target{tenant, user, device};
  CONCLAVE_CO_TRY(may_order(actor, target));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  auto order = taken(target, std::move(document), actor, std::move(signature));
  if (!order) co_return order;
  CONCLAVE_CO_TRY(no_open_order(target, order->document.kind));
  std::vector<store::Record> rows;
  rows.push_back(encode(*order));
  CONCLAVE_CO_TRY(
      co_await parts_.writer.write(std::move(rows), {}, entry_of(actor, *order, "order.proposed")));
  orders_[order->document.order] = *order;
  co_return order;
}

Task<Result<Order>> Orders::countersign(identity::Actor actor, TenantId tenant, UserId user,
                                        DeviceId device, OrderId id, Bytes signature) {
  CONCLAVE_CO_TRY(may_order(actor, {tenant, user, device}));
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const auto found = orders_.find(id);
  if (found == orders_.end() || found->second.document.tenant != tenant ||
      found->second.document.user != user || found->second.document.device != device) {
    co_return fail(kOrderNotFound);
  }
  Order order = found->second;
  if (order.state != OrderState::proposed) {
    co_return fail(kOrderState, std::string(to_text(order.state)));
  }
  if (order.signatures.front().user == actor.user) co_return fail(kOrderRole, "you proposed it");
  const auto* signer = parts_.directory.device(actor.tenant, actor.device);
  if (signer == nullptr) co_return fail(identity::kDeviceNotFound);
  if (!hsm::api::verify(signer->key, hsm::api::order_statement(order.bytes), signature)) {
    co_return fail(kOrderInvalid, "signature");
  }
  order.signatures.push_back({actor.user, actor.device, std::move(signature)});
  ++order.version;
  co_return co_await queue(actor, std::move(order));
}

Task<Result<hsm::api::CommandRequest>> Orders::command_request(Order order) {
  // The rows as they are now; keyd gives their MACs and holds them against what it remembers.
  std::vector<Bytes> contents;
  const auto& directory = parts_.directory;
  const auto* target = directory.device(order.document.tenant, order.document.device);
  if (target == nullptr) co_return fail(identity::kDeviceNotFound);
  contents.push_back(identity::encode(*target).content);
  for (const auto& each : order.signatures) {
    const auto* device = directory.device(order.document.tenant, each.device);
    const auto* user = directory.user(order.document.tenant, each.user);
    if (device == nullptr || user == nullptr) co_return fail(identity::kDeviceNotFound);
    contents.push_back(identity::encode(*device).content);
    contents.push_back(identity::encode(*user).content);
  }
  auto& keys = parts_.keys;
  auto macs = co_await async::await_callback<std::vector<Bytes>>(
      [&keys, &contents](Callback<std::vector<Bytes>> done) {
        keys.mac_rows(contents, std::move(done));
      });
  if (!macs) co_return std::unexpected(macs.error());
  if (macs->size() != contents.size()) co_return fail(base::kInternal, "MACs");
  const auto row = [&](std::size_t at) {
    return hsm::api::PowerRow{std::move(contents[at]), std::move((*macs)[at])};
  };
  hsm::api::CommandRequest out{order.bytes, row(0), {}};
  for (std::size_t i = 0; i < order.signatures.size(); ++i) {
    out.signers.push_back({row(1 + 2 * i), row(2 + 2 * i), order.signatures[i].signature});
  }
  co_return out;
}

Task<Result<hsm::api::SignedCommand>> Orders::sign(Order order) {
  auto request = co_await command_request(std::move(order));
  if (!request) co_return std::unexpected(request.error());
  auto& keys = parts_.keys;
  co_return co_await async::await_callback<hsm::api::SignedCommand>(
      [&keys, &request](Callback<hsm::api::SignedCommand> done) {
        keys.issue_command(std::move(*request), std::move(done));
      });
}

Task<Result<Order>> Orders::queue(identity::Actor actor, Order order) {
  const Target target{order.document.tenant, order.document.user, order.document.device};
  CONCLAVE_CO_TRY(no_open_order(target, order.document.kind));
  auto command = co_await sign(order);
  if (!command) co_return std::unexpected(command.error());
  order.authority = command->authority;
  order.command = std::move(command->signature);
  order.state = OrderState::queued;
  const auto* found = parts_.directory.device(target.tenant, target.device);
  if (found == nullptr) co_return fail(identity::kDeviceNotFound);
  identity::Device device = *found;
  std::vector<store::Record> rows;
  rows.push_back(encode(order));
  const bool revokes = device.revoked_ms == 0;
  if (revokes) {
    device.revoked_ms = parts_.clock.utc_ms();
    ++device.version;
    rows.push_back(identity::encode(device));
  }
  auto entry = entry_of(actor, order, "order.queued");
  entry.facts.emplace_back("authority", std::string(hsm::api::to_text(order.authority)));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  if (revokes) parts_.directory.put_device(std::move(device), std::nullopt);
  orders_[order.document.order] = order;
  announce(order);
  tell(order, "wipe_ordered");
  // After the event, so that an honest device need not come again to hear of it.
  parts_.sessions.end_device(target.tenant, target.user, target.device,
                             identity::SessionEnd::revoked);
  co_return order;
}

void Orders::announce(const Order& order) {
  const auto& document = order.document;
  std::vector<sync::Subscriber*> receivers;
  for (sync::Subscriber* each : parts_.hub.sessions_of(document.tenant, document.user)) {
    if (each->actor.device == document.device) receivers.push_back(each);
  }
  if (receivers.empty()) return;
  parts_.hub.publish(sync::DeviceOrder{document.order, order.bytes, order.command, order.authority},
                     receivers);
}

void Orders::tell(const Order& order, std::string_view change) {
  parts_.hub.publish_to_user(
      sync::DeviceChanged{order.document.device, std::string(change), parts_.clock.utc_ms(), {}},
      order.document.tenant, order.document.user);
}

}  // namespace conclave::orders
