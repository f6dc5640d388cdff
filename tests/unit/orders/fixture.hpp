#pragma once

#include <sodium.h>

#include "runtime/orders/errors.hpp"
#include "runtime/orders/orders.hpp"
#include "runtime/orders/records.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::orders {

using identity::Actor;
using identity::Role;
using identity::testing::TestDevice;

inline Bytes signed_by(const TestDevice& device, const base::Sha256& statement) {
  Bytes out(crypto_sign_BYTES);
  crypto_sign_detached(out.data(), nullptr, statement.data(), statement.size(),
                       device.secret_key.data());
  return out;
}

inline std::string reason_of(const auto& result) {
  return result ? "no error" : std::string(result.error().reason());
}

// Ann with a laptop and a phone, two admins with a device each, over fakes of store and token.
class OrdersTest : public ::testing::Test {
 protected:
  OrdersTest() {
    second = world.make_user(world.tenant, "second", {Role::security_admin});
    build();
    ann = enrol(laptop, "ann@demo.example");
    phone_id = enrol(phone, "ann@demo.example").device;
    one = enrol(one_device, "admin@demo.example");
    two = enrol(two_device, "second@demo.example");
  }

  // The modules over what identity has now; loads their rows as a start does.
  void build() {
    auto& s = *world.s;
    const auto strong = [this](const Actor&) -> Result<void> {
      if (weak) return fail(identity::kDenied, "not strong enough");
      return {};
    };
    bans = std::make_unique<Bans>(
        Bans::Parts{s.directory, s.sessions, s.writer, s.administration, world.clock, strong});
    orders = std::make_unique<Orders>(Orders::Parts{s.directory, s.sessions, s.throttle, s.nonces,
                                                    s.writer, s.administration, world.keys, hub,
                                                    world.clock, base::system_random(), strong});
    Result<store::Snapshot> snapshot;
    world.store.load([&](Result<store::Snapshot> out) { snapshot = std::move(out); });
    auto rows = world.run(identity::check_rows(std::move(snapshot->records), world.keys, &s.trail));
    ASSERT_TRUE(rows);
    bans->load(*rows);
    orders->load(*rows);
  }
  void restart() {
    world.restart();
    build();
  }
  Actor enrol(const TestDevice& device, std::string account) {
    const auto in = world.run(world.s->sign_in.enrol(
        world.enrol_request(device, std::move(account)), identity::testing::World::loopback()));
    if (!in) throw std::runtime_error(in.error().text());
    return in->actor;
  }
  // Ann's laptop orders her phone to be wiped.
  Result<Order> wipe_phone() {
    const auto document = orders->prepare_own(ann, phone_id, hsm::api::kWipe);
    if (!document) return std::unexpected(document.error());
    return world.run(orders->submit_own(ann, *document,
                                        signed_by(laptop, hsm::api::order_statement(*document))));
  }
  hsm::api::OrderReceipt receipt(const Order& order, const TestDevice& by, std::string stage,
                                 std::string outcome) {
    hsm::api::OrderReceipt out{std::move(stage), std::move(outcome), "2 files removed", 42, {}};
    out.signature =
        signed_by(by, hsm::api::receipt_statement(order.document.order, order.bytes, out));
    return out;
  }
  Result<Order> give(OrderId order, hsm::api::OrderReceipt receipt) {
    return world.run(orders->receipt(order, std::move(receipt)));
  }
  FetchRequest fetch_request(const TestDevice& device, DeviceId id,
                             std::string_view purpose = "orders") {
    FetchRequest out{"ann@demo.example", id, world.s->nonces.issue(), Bytes(32, 7), "loopback", {}};
    out.signature = device.sign({purpose,
                                 "demo.example",
                                 out.account,
                                 base::to_text(id),
                                 device.key(),
                                 out.nonce_s,
                                 out.nonce_c,
                                 {"loopback", {}}});
    return out;
  }
  Result<std::vector<Order>> fetch(FetchRequest request) {
    return world.run(orders->fetch(std::move(request), identity::testing::World::loopback()));
  }
  const identity::Device& stored(DeviceId id) {
    return *world.s->directory.device(world.tenant, id);
  }

  identity::testing::World world;
  sync::Hub hub;
  bool weak = false;
  std::unique_ptr<Bans> bans;
  std::unique_ptr<Orders> orders;
  TestDevice laptop, phone, one_device, two_device;
  UserId second;
  Actor ann, one, two;
  DeviceId phone_id;
};

}  // namespace conclave::orders
