#include "runtime/orders/records.hpp"

#include <gtest/gtest.h>

namespace conclave::orders {
namespace {

Ban sample_ban() {
  return {TenantId{1},
          UserId{2},
          DeviceId{3},
          base::sha256("key"),
          Bytes(32, 4),
          true,
          UserId{5},
          TenantId{1},
          7,
          8,
          9};
}

Order sample_order() {
  Order out;
  out.document.kind = hsm::api::kWipe;
  out.document.order.value = 5;
  out.document.tenant.value = 1;
  out.document.user.value = 2;
  out.document.device.value = 3;
  out.document.issued_ms = 10;
  out.document.expires_ms = 20;
  out.bytes = hsm::api::encode(out.document);
  out.signatures = {{UserId{2}, DeviceId{4}, Bytes(64, 1)}};
  out.command = Bytes(64, 2);
  out.state = OrderState::delivered;
  out.created_ms = 11;
  out.arrived = KeptReceipt{{"arrived", "accepted", "", 12, Bytes(64, 3)}, 13};
  out.version = 2;
  return out;
}

// Every other byte of the row, its place and its length is refused.
template <class Decode>
void expect_strict(const store::Record& row, Decode decode) {
  ASSERT_TRUE(decode(row));
  for (const auto move : {&store::Record::id, &store::Record::sub, &store::Record::version}) {
    store::Record moved = row;
    moved.*move += 1;
    EXPECT_FALSE(decode(moved));
  }
  store::Record elsewhere = row;
  elsewhere.tenant.value += 1;
  EXPECT_FALSE(decode(elsewhere));
  for (std::size_t length = 0; length < row.content.size(); ++length) {
    store::Record cut = row;
    cut.content.resize(length);
    EXPECT_FALSE(decode(cut)) << length;
  }
  store::Record longer = row;
  longer.content.push_back(0);
  EXPECT_FALSE(decode(longer));
}

TEST(OrderRecords, a_ban_comes_back_as_it_was) {
  const Ban ban = sample_ban();
  const auto row = encode(ban);
  EXPECT_EQ(row.id, 2U);
  EXPECT_EQ(row.sub, 3U);
  const auto back = decode_ban(row);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back).content, row.content);
  EXPECT_TRUE(back->wide);
  EXPECT_EQ(back->hardware_digest, ban.hardware_digest);
  expect_strict(row, decode_ban);
}

TEST(OrderRecords, an_order_comes_back_as_it_was) {
  const auto row = encode(sample_order());
  const auto back = decode_order(row);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back).content, row.content);
  EXPECT_EQ(back->document, sample_order().document);
  EXPECT_EQ(back->arrived->kept_ms, 13);
  EXPECT_FALSE(back->executed);
  expect_strict(row, decode_order);
}

TEST(OrderRecords, an_order_of_another_tenant_or_number_is_refused) {
  Order order = sample_order();
  order.document.order.value = 6;
  store::Record row = encode(order);  // the row says 6, the document inside 5
  EXPECT_FALSE(decode_order(row));
}

TEST(OrderStates, have_names) {
  for (int state = 1; state <= 6; ++state) {
    EXPECT_NE(to_text(static_cast<OrderState>(state)), "unknown");
  }
}

}  // namespace
}  // namespace conclave::orders
