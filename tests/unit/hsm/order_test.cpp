#include "hsm/api/order.hpp"

#include <gtest/gtest.h>

namespace conclave::hsm::api {
namespace {

OrderDocument sample() {
  OrderDocument out;
  out.kind = kWipe;
  out.order.value = 5;
  out.tenant.value = 1;
  out.user.value = 2;
  out.device.value = 3;
  out.device_key_digest = base::sha256("key");
  out.nonce = base::sha256("nonce");
  out.issued_ms = 1'700'000'000'000;
  out.expires_ms = 1'700'000'900'000;
  return out;
}

TEST(OrderDocument, comes_back_as_it_was) {
  OrderDocument order = sample();
  EXPECT_EQ(parse_order(encode(order)), order);
  order.kind = "lock.soft";
  order.details = Bytes{1, 2, 3};
  EXPECT_EQ(parse_order(encode(order)), order);
}

TEST(OrderDocument, other_forms_are_refused) {
  const auto refused = [](auto change) {
    OrderDocument order = sample();
    change(order);
    return !parse_order(encode(order)).has_value();
  };
  EXPECT_TRUE(refused([](auto& o) { o.kind = ""; }));
  EXPECT_TRUE(refused([](auto& o) { o.kind = "Wipe"; }));
  EXPECT_TRUE(refused([](auto& o) { o.kind = std::string(33, 'a'); }));
  EXPECT_TRUE(refused([](auto& o) { o.order.value = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.tenant.value = 1ULL << 63; }));
  EXPECT_TRUE(refused([](auto& o) { o.user.value = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.device.value = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.issued_ms = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.expires_ms = o.issued_ms; }));
  EXPECT_TRUE(refused([](auto& o) { o.details = Bytes(kMaxOrderDetails + 1); }));
  Bytes bytes = encode(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(parse_order(ByteView(bytes).first(length))) << length;
  }
  bytes.push_back(0);
  EXPECT_FALSE(parse_order(bytes));
  bytes.pop_back();
  bytes[0] = 'X';
  EXPECT_FALSE(parse_order(bytes));
}

TEST(OrderStatements, differ_by_purpose_authority_and_every_field_of_a_receipt) {
  const Bytes document = encode(sample());
  const OrderReceipt receipt{"arrived", "accepted", "", 7, {}};
  const auto first = receipt_statement(OrderId{5}, document, receipt);
  EXPECT_NE(order_statement(document), command_statement(document, OrderAuthority::owner));
  EXPECT_NE(command_statement(document, OrderAuthority::admins),
            command_statement(document, OrderAuthority::owner));
  EXPECT_NE(first, receipt_statement(OrderId{6}, document, receipt));
  EXPECT_NE(first, receipt_statement(OrderId{5}, Bytes{1}, receipt));
  EXPECT_NE(first, receipt_statement(OrderId{5}, document, {"executed", "accepted", "", 7, {}}));
  EXPECT_NE(first, receipt_statement(OrderId{5}, document, {"arrived", "done", "", 7, {}}));
  EXPECT_NE(first, receipt_statement(OrderId{5}, document, {"arrived", "accepted", "x", 7, {}}));
  EXPECT_NE(first, receipt_statement(OrderId{5}, document, {"arrived", "accepted", "", 8, {}}));
}

TEST(OrderAuthority, has_two_names) {
  EXPECT_EQ(parse_authority("owner"), OrderAuthority::owner);
  EXPECT_EQ(parse_authority("admins"), OrderAuthority::admins);
  EXPECT_FALSE(parse_authority("admin"));
}

}  // namespace
}  // namespace conclave::hsm::api
