#include "tests/unit/orders/fixture.hpp"

namespace conclave::orders {
namespace {

TEST_F(OrdersTest, the_owners_order_is_signed_queued_and_ends_the_device) {
  const auto order = wipe_phone();
  ASSERT_TRUE(order) << order.error().text();
  EXPECT_EQ(order->state, OrderState::queued);
  EXPECT_EQ(order->authority, hsm::api::OrderAuthority::owner);
  EXPECT_EQ(order->command.size(), 64U);
  EXPECT_NE(stored(phone_id).revoked_ms, 0);
  EXPECT_EQ(stored(ann.device).revoked_ms, 0);
  ASSERT_EQ(world.keys.commands.size(), 1U);
  const auto& request = world.keys.commands.front();
  EXPECT_EQ(request.document, order->bytes);
  ASSERT_EQ(request.signers.size(), 1U);
  EXPECT_EQ(request.signers[0].device.mac.size(), 32U);
  EXPECT_EQ(orders->list_own(ann, {}).size(), 1U);
  EXPECT_EQ(orders->list_own(ann, ann.device).size(), 0U);
  EXPECT_EQ(orders->list_own(one, {}).size(), 0U);
}

TEST_F(OrdersTest, what_keyd_refuses_changes_nothing) {
  static constexpr ErrorSpec kRefused = hsm::api::kOrderRefused;
  world.keys.on_call = [&](std::string_view call) {
    world.keys.broken = call == "issue_command" ? &kRefused : nullptr;
  };
  EXPECT_EQ(reason_of(wipe_phone()), "order.refused");
  world.keys.on_call = {};
  world.keys.broken = nullptr;
  EXPECT_EQ(stored(phone_id).revoked_ms, 0);
  EXPECT_TRUE(orders->list_own(ann, {}).empty());
  EXPECT_TRUE(fetch(fetch_request(phone, phone_id))->empty());
}

TEST_F(OrdersTest, only_ones_own_document_with_ones_own_signature_is_taken) {
  EXPECT_EQ(reason_of(orders->prepare_own(ann, ann.device, "wipe")), "order.own_device");
  EXPECT_EQ(reason_of(orders->prepare_own(ann, one.device, "wipe")), "device.not_found");
  EXPECT_EQ(reason_of(orders->prepare_own(ann, phone_id, "explode")), "order.invalid");
  const Bytes document = *orders->prepare_own(ann, phone_id, "wipe");
  const auto submit = [&](const Bytes& bytes, const TestDevice& by) {
    return reason_of(
        world.run(orders->submit_own(ann, bytes, signed_by(by, hsm::api::order_statement(bytes)))));
  };
  EXPECT_EQ(submit(document, phone), "order.invalid");
  EXPECT_EQ(submit({1, 2, 3}, laptop), "order.invalid");
  auto parsed = *hsm::api::parse_order(document);
  parsed.expires_ms += 1;
  EXPECT_EQ(submit(encode(parsed), laptop), "order.invalid");
  parsed = *hsm::api::parse_order(document);
  parsed.device = one.device;
  EXPECT_EQ(submit(encode(parsed), laptop), "order.invalid");
  parsed.device = ann.device;
  EXPECT_EQ(submit(encode(parsed), laptop), "order.own_device");
  EXPECT_EQ(submit(document, laptop), "no error");
  EXPECT_EQ(submit(document, laptop), "order.state");
  EXPECT_EQ(reason_of(orders->prepare_own(ann, phone_id, "wipe")), "order.open");
  weak = true;
  EXPECT_EQ(reason_of(orders->prepare_own(ann, phone_id, "wipe")), "role.missing");
}

TEST_F(OrdersTest, two_admins_propose_and_countersign) {
  const Bytes document = *orders->prepare(one, world.tenant, ann.user, phone_id, "wipe");
  const auto statement = hsm::api::order_statement(document);
  const auto proposed = world.run(orders->propose(one, world.tenant, ann.user, phone_id, document,
                                                  signed_by(one_device, statement)));
  ASSERT_TRUE(proposed) << proposed.error().text();
  EXPECT_EQ(proposed->state, OrderState::proposed);
  EXPECT_EQ(stored(phone_id).revoked_ms, 0);
  EXPECT_TRUE(fetch(fetch_request(phone, phone_id))->empty());
  restart();
  const OrderId id = proposed->document.order;
  const auto countersign = [&](const Actor& by, const TestDevice& device) {
    return world.run(orders->countersign(by, world.tenant, ann.user, phone_id, id,
                                         signed_by(device, statement)));
  };
  EXPECT_EQ(reason_of(countersign(one, one_device)), "order.role");
  EXPECT_EQ(reason_of(countersign(ann, laptop)), "order.role");
  EXPECT_EQ(reason_of(countersign(two, one_device)), "order.invalid");
  EXPECT_EQ(reason_of(world.run(orders->countersign(two, world.tenant, one.user, one.device, id,
                                                    signed_by(two_device, statement)))),
            "order.not_found");
  const auto order = countersign(two, two_device);
  ASSERT_TRUE(order) << order.error().text();
  EXPECT_EQ(order->state, OrderState::queued);
  EXPECT_EQ(order->authority, hsm::api::OrderAuthority::admins);
  EXPECT_NE(stored(phone_id).revoked_ms, 0);
  EXPECT_EQ(reason_of(countersign(two, two_device)), "order.state");
  EXPECT_EQ(orders->list(one, world.tenant, ann.user, phone_id)->size(), 1U);
  EXPECT_EQ(reason_of(orders->list(ann, world.tenant, ann.user, {})), "role.missing");
}

TEST_F(OrdersTest, admins_have_the_role_themselves_and_no_part_in_it) {
  EXPECT_EQ(reason_of(orders->prepare(ann, world.tenant, one.user, one.device, "wipe")),
            "order.role");
  EXPECT_EQ(reason_of(orders->prepare(one, world.tenant, one.user, one.device, "wipe")),
            "order.role");
  const Actor root = world.actor_of(world.provider, world.root);
  EXPECT_EQ(reason_of(orders->prepare(root, world.tenant, ann.user, phone_id, "wipe")),
            "tenant.not_found");
  weak = true;
  EXPECT_EQ(reason_of(orders->prepare(one, world.tenant, ann.user, phone_id, "wipe")),
            "role.missing");
}

TEST_F(OrdersTest, a_revoked_device_gets_its_order_after_a_restart_and_nothing_else) {
  const auto order = wipe_phone();
  ASSERT_TRUE(order);
  restart();
  const auto found = fetch(fetch_request(phone, phone_id));
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().bytes, order->bytes);
  EXPECT_EQ(found->front().command, order->command);
  EXPECT_EQ(reason_of(world.run(
                world.s->sign_in.prove(world.prove_request(phone, phone_id, "ann@demo.example"),
                                       identity::testing::World::loopback()))),
            "sign_in.refused");
}

TEST_F(OrdersTest, fetching_needs_the_devices_key_and_a_fresh_nonce) {
  ASSERT_TRUE(wipe_phone());
  EXPECT_EQ(reason_of(fetch(fetch_request(laptop, phone_id))), "sign_in.refused");
  EXPECT_EQ(reason_of(fetch(fetch_request(phone, phone_id, "prove"))), "sign_in.refused");
  EXPECT_EQ(reason_of(fetch(fetch_request(phone, one.device))), "sign_in.refused");
  auto short_nonce = fetch_request(phone, phone_id);
  short_nonce.nonce_c.resize(15);
  EXPECT_EQ(reason_of(fetch(short_nonce)), "sign_in.refused");
  auto other_binding = fetch_request(phone, phone_id);
  other_binding.binding = "tls-exporter";
  EXPECT_EQ(reason_of(fetch(other_binding)), "sign_in.binding_refused");
  const auto request = fetch_request(phone, phone_id);
  EXPECT_EQ(reason_of(fetch(request)), "no error");
  EXPECT_EQ(reason_of(fetch(request)), "sign_in.hello_expired");
}

TEST_F(OrdersTest, receipts_prove_arrival_and_execution_and_are_kept) {
  const Order order = *wipe_phone();
  const OrderId id = order.document.order;
  EXPECT_EQ(reason_of(give(id, receipt(order, phone, "executed", "done"))), "order.receipt_early");
  const auto arrived = give(id, receipt(order, phone, "arrived", "accepted"));
  ASSERT_TRUE(arrived) << arrived.error().text();
  EXPECT_EQ(arrived->state, OrderState::delivered);
  EXPECT_EQ(fetch(fetch_request(phone, phone_id))->size(), 1U) << "until it is executed";
  restart();
  const auto executed = give(id, receipt(order, phone, "executed", "done"));
  ASSERT_TRUE(executed) << executed.error().text();
  EXPECT_EQ(executed->state, OrderState::executed);
  const auto again = give(id, receipt(order, phone, "executed", "failed"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->state, OrderState::executed) << "the first word counts";
  EXPECT_EQ(give(id, receipt(order, phone, "arrived", "accepted"))->state, OrderState::executed);
  restart();
  EXPECT_TRUE(fetch(fetch_request(phone, phone_id))->empty());
  const auto kept = orders->list_own(ann, phone_id).front();
  EXPECT_EQ(kept.arrived->receipt.signature, arrived->arrived->receipt.signature);
  EXPECT_EQ(kept.executed->receipt.report, "2 files removed");
}

TEST_F(OrdersTest, a_receipt_of_another_key_order_or_form_is_refused) {
  const Order order = *wipe_phone();
  const OrderId id = order.document.order;
  EXPECT_EQ(reason_of(give(id, receipt(order, laptop, "arrived", "accepted"))),
            "order.receipt_refused");
  EXPECT_EQ(reason_of(give(id, receipt(order, phone, "arrived", "done"))), "order.receipt_refused");
  EXPECT_EQ(reason_of(give(id, receipt(order, phone, "burnt", "done"))), "order.receipt_refused");
  auto changed = receipt(order, phone, "arrived", "accepted");
  changed.time_ms += 1;
  EXPECT_EQ(reason_of(give(id, changed)), "order.receipt_refused");
  EXPECT_EQ(reason_of(give(OrderId{999}, receipt(order, phone, "arrived", "accepted"))),
            "order.receipt_refused");
  ASSERT_TRUE(give(id, receipt(order, phone, "arrived", "accepted")));
  ASSERT_TRUE(give(id, receipt(order, phone, "executed", "failed")));
  EXPECT_EQ(orders->list_own(ann, phone_id).front().state, OrderState::failed);
  // The same device is ordered again: the receipts of the first order prove nothing.
  world.clock.now_ms += 1;
  const Order next = *wipe_phone();
  EXPECT_EQ(reason_of(give(next.document.order, receipt(order, phone, "arrived", "accepted"))),
            "order.receipt_refused");
}

TEST_F(OrdersTest, an_order_expires_and_a_late_proof_still_counts) {
  const Order order = *wipe_phone();
  world.clock.now_ms = order.document.expires_ms;
  EXPECT_TRUE(fetch(fetch_request(phone, phone_id))->empty());
  world.run_void(orders->upkeep());
  EXPECT_EQ(orders->list_own(ann, {}).front().state, OrderState::expired);
  restart();
  EXPECT_EQ(orders->list_own(ann, {}).front().state, OrderState::expired);
  const OrderId id = order.document.order;
  EXPECT_EQ(give(id, receipt(order, phone, "arrived", "accepted"))->state, OrderState::expired);
  EXPECT_EQ(give(id, receipt(order, phone, "executed", "done"))->state, OrderState::executed);
}

TEST_F(OrdersTest, an_order_that_was_tampered_with_is_not_given_out) {
  const Order order = *wipe_phone();
  auto& row = world.store.find(store::RecordKind::order, order.document.order.value);
  row.content.back() ^= 1;
  restart();
  EXPECT_TRUE(fetch(fetch_request(phone, phone_id))->empty());
  EXPECT_NE(stored(phone_id).revoked_ms, 0) << "it stays out all the same";
}

TEST_F(OrdersTest, the_command_key_is_asked_for_once) {
  EXPECT_EQ(world.run(orders->command_key())->spki.size(), 91U);
  const int calls = world.keys.calls["public_key"];
  EXPECT_TRUE(world.run(orders->command_key()));
  EXPECT_EQ(world.keys.calls["public_key"], calls);
}

}  // namespace
}  // namespace conclave::orders
