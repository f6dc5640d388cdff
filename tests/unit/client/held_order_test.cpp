#include "sdk/client/held_order.hpp"

#include <gtest/gtest.h>

#include "hsm/api/signature.hpp"
#include "runtime/base/encoding.hpp"
#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

// The head of SubjectPublicKeyInfo for an uncompressed point on P-256 (RFC 5480).
Bytes spki_of(const Bytes& point) {
  Bytes out = *base::hex_decode("3059301306072a8648ce3d020106082a8648ce3d030107034200");
  out.insert(out.end(), point.begin(), point.end());
  return out;
}

class HeldOrderTest : public ::testing::Test {
 protected:
  HeldOrderTest() : token(*DeviceKey::make()), key(*DeviceKey::make()) {
    self.account = "ada@example.org";
    self.tenant.value = 1;
    self.user.value = 2;
    self.device.value = 3;
    document.kind = hsm::api::kWipe;
    document.order.value = 5;
    document.tenant = self.tenant;
    document.user = self.user;
    document.device = self.device;
    document.device_key_digest = base::sha256(key.point());
    document.issued_ms = kNow - 1000;
    document.expires_ms = kNow + 1000;
  }

  // As the server gives it: signed by the token's key.
  json::object given(hsm::api::OrderAuthority signed_as = hsm::api::OrderAuthority::owner) {
    const Bytes bytes = hsm::api::encode(document);
    const auto signature = token.sign(hsm::api::command_statement(bytes, signed_as));
    return {{"order", base::to_text(document.order)},
            {"document", base::base64url_encode(bytes)},
            {"authority", "owner"},
            {"signature", base::base64url_encode(*signature)}};
  }
  Result<HeldOrder> check(const json::object& order) {
    return check_order(order, spki_of(token.point()), self, key, kNow);
  }
  bool forged(const json::object& order) {
    const auto held = check(order);
    return !held && held.error().is(kOrderForged);
  }

  DeviceKey token, key;
  SignedIn self;
  hsm::api::OrderDocument document;
};

TEST_F(HeldOrderTest, an_order_of_the_pinned_key_for_this_device_is_accepted) {
  const auto held = check(given());
  ASSERT_TRUE(held) << held.error().text();
  EXPECT_EQ(held->document, document);
  const auto self_key = hsm::api::make_verify_key(hsm::api::SignatureAlgorithm::es256, key.point());
  ASSERT_TRUE(self_key);
  EXPECT_TRUE(hsm::api::verify(
      *self_key, hsm::api::receipt_statement(document.order, held->bytes, held->arrived),
      held->arrived.signature));
}

TEST_F(HeldOrderTest, every_forged_order_is_refused) {
  auto changed = given();
  auto other = document;
  other.order.value = 6;
  changed["document"] = base::base64url_encode(hsm::api::encode(other));
  EXPECT_TRUE(forged(changed)) << "another document under the signature";
  EXPECT_TRUE(forged(given(hsm::api::OrderAuthority::admins))) << "on another word";
  changed = given();
  changed["signature"] = base::base64url_encode(Bytes(64));
  EXPECT_TRUE(forged(changed));
  changed = given();
  changed.erase("document");
  EXPECT_TRUE(forged(changed));
  const auto with = [&](auto change) {
    const auto kept = document;
    change(document);
    const bool out = forged(given());
    document = kept;
    return out;
  };
  EXPECT_TRUE(with([](auto& d) { d.device.value = 4; }));
  EXPECT_TRUE(with([](auto& d) { d.user.value = 4; }));
  EXPECT_TRUE(with([](auto& d) { d.tenant.value = 4; }));
  EXPECT_TRUE(with([](auto& d) { d.device_key_digest = base::sha256("other"); }));
  EXPECT_TRUE(with([](auto& d) { d.kind = "explode"; }));
  EXPECT_TRUE(with([](auto& d) { d.expires_ms = kNow; }));
  EXPECT_FALSE(with([](auto&) {}));
  const auto mine = check_order(given(), spki_of(key.point()), self, key, kNow);
  EXPECT_FALSE(mine) << "another key than the pinned one";
  EXPECT_FALSE(check_order(given(), {}, self, key, kNow)) << "nothing pinned";
}

TEST_F(HeldOrderTest, what_is_kept_comes_back_as_it_was) {
  auto held = *check(given());
  EXPECT_FALSE(held_order_from(to_json(held))->executed);
  held.executed = *sign_receipt(held, key, "executed", "done", "2 files", kNow);
  const auto back = held_order_from(to_json(held));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(held));
  EXPECT_EQ(back->executed->signature, held.executed->signature);
  for (const auto* field : {"document", "authority", "arrived"}) {
    json::object damaged = to_json(held);
    damaged.erase(field);
    EXPECT_FALSE(held_order_from(damaged)) << field;
  }
}

TEST_F(HeldOrderTest, only_the_order_that_was_asked_for_is_signed) {
  const Bytes bytes = hsm::api::encode(document);
  const auto signature = sign_order(bytes, "wipe", self.device, self, key);
  ASSERT_TRUE(signature);
  EXPECT_FALSE(sign_order(bytes, "lock", self.device, self, key));
  EXPECT_FALSE(sign_order(bytes, "wipe", DeviceId{9}, self, key));
  SignedIn elsewhere = self;
  elsewhere.tenant.value = 9;
  EXPECT_FALSE(sign_order(bytes, "wipe", self.device, elsewhere, key));
  EXPECT_FALSE(sign_order(Bytes{1, 2}, "wipe", self.device, self, key));
}

}  // namespace
}  // namespace conclave::client
