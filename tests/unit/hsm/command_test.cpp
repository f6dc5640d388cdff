// command.issue: the orders that keyd signs, and every way in which a conclaved that was broken
// into might try to get one signed without its owner or two admins.
#include <sodium.h>

#include <chrono>

#include "runtime/identity/records.hpp"
#include "tests/unit/hsm/keyd_environment.hpp"

namespace conclave::hsm {
namespace {

using api::CommandRequest;
using api::CommandSigner;
using identity::Role;
using identity::RoleSet;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A device of somebody, its secret, and its stored row.
struct Held {
  identity::Device device;
  Bytes secret = Bytes(crypto_sign_SECRETKEYBYTES);
  api::PowerRow row;

  [[nodiscard]] Bytes sign(ByteView document) const {
    const auto statement = api::order_statement(document);
    Bytes out(crypto_sign_BYTES);
    crypto_sign_detached(out.data(), nullptr, statement.data(), statement.size(), secret.data());
    return out;
  }
};

struct Person {
  identity::User user;
  api::PowerRow row;
};

class Commands : public KeydTest {
 protected:
  explicit Commands(std::string extra = "[keyd]\norder_wait_minutes = 0\norders_per_hour = 3\n")
      : KeydTest(std::move(extra)) {}

  void SetUp() override {
    KeydTest::SetUp();
    ann = person(2, {});
    laptop = device(ann, 10);
    phone = device(ann, 11);
    one = person(3, {Role::user_admin});
    two = person(4, {Role::security_admin});
    one_laptop = device(one, 12);
    two_laptop = device(two, 13);
  }

  api::PowerRow stored(const store::Record& record) {
    auto macs = testing::await<std::vector<Bytes>>(
        [&](auto done) { keys().mac_rows({record.content}, std::move(done)); });
    return {record.content, macs ? macs->at(0) : Bytes()};
  }
  Person person(std::uint64_t id, RoleSet roles, TenantId tenant = kTenant) {
    Person out;
    out.user.id.value = id;
    out.user.tenant = tenant;
    out.user.name = "p" + std::to_string(id);
    out.user.own_roles = roles;
    out.user.version = 1;
    out.row = stored(identity::encode(out.user));
    return out;
  }
  Held device(const Person& of, std::uint64_t id) {
    Held out;
    Bytes point(crypto_sign_PUBLICKEYBYTES);
    crypto_sign_keypair(point.data(), out.secret.data());
    out.device.id.value = id;
    out.device.tenant = of.user.tenant;
    out.device.user = of.user.id;
    out.device.key = {api::SignatureAlgorithm::ed25519, point};
    out.device.platform = "linux";
    out.device.version = 1;
    out.row = stored(identity::encode(out.device));
    return out;
  }
  api::OrderDocument order_for(const Held& target) {
    api::OrderDocument out;
    out.kind = api::kWipe;
    out.order.value = ++next_order;
    out.tenant = kTenant;
    out.user = target.device.user;
    out.device = target.device.id;
    out.device_key_digest = base::sha256(target.device.key.point);
    out.nonce = base::sha256(std::to_string(next_order));
    out.issued_ms = now_ms();
    out.expires_ms = out.issued_ms + 86'400'000;
    return out;
  }
  static CommandSigner signer(const Held& device, const Person& person, ByteView document) {
    return {device.row, person.row, device.sign(document)};
  }
  Result<api::SignedCommand> issue(CommandRequest request) {
    return testing::await<api::SignedCommand>(
        [&](auto done) { keys().issue_command(std::move(request), std::move(done)); });
  }
  CommandRequest by_owner() {
    const Bytes document = api::encode(order_for(phone));
    return {document, phone.row, {signer(laptop, ann, document)}};
  }
  CommandRequest by_admins() {
    const Bytes document = api::encode(order_for(phone));
    return {document,
            phone.row,
            {signer(one_laptop, one, document), signer(two_laptop, two, document)}};
  }
  std::string refusal(CommandRequest request) {
    const auto answer = issue(std::move(request));
    return answer ? "signed" : std::string(answer.error().reason());
  }

  Person ann, one, two;
  Held laptop, phone, one_laptop, two_laptop;
  std::uint64_t next_order = 100;
};

TEST_F(Commands, the_owner_s_order_is_signed_with_the_command_key) {
  const auto request = by_owner();
  const auto command = issue(request);
  ASSERT_TRUE(command) << command.error().text();
  EXPECT_EQ(command->authority, api::OrderAuthority::owner);
  const auto published = testing::await<api::PublicKey>(
      [&](auto done) { keys().public_key(api::PublicKeyKind::command, std::move(done)); });
  ASSERT_TRUE(published);
  const auto key =
      api::make_verify_key(api::SignatureAlgorithm::es256, ByteView(published->spki).last(65));
  ASSERT_TRUE(key);
  const auto statement = [&](api::OrderAuthority authority) {
    return api::command_statement(request.document, authority);
  };
  EXPECT_TRUE(api::verify(*key, statement(api::OrderAuthority::owner), command->signature));
  EXPECT_FALSE(api::verify(*key, statement(api::OrderAuthority::admins), command->signature));
  EXPECT_THAT(keyd.output(), ::testing::HasSubstr("order.signed"));
}

TEST_F(Commands, two_admins_order_together) {
  const auto command = issue(by_admins());
  ASSERT_TRUE(command) << command.error().text();
  EXPECT_EQ(command->authority, api::OrderAuthority::admins);
}

TEST_F(Commands, nothing_is_signed_without_the_right_signatures) {
  auto none = by_owner();
  none.signers.clear();
  EXPECT_EQ(refusal(none), "order.refused");
  auto one_admin = by_admins();
  one_admin.signers.pop_back();
  EXPECT_EQ(refusal(one_admin), "order.refused");
  auto twice = by_admins();
  twice.signers[1] = twice.signers[0];
  EXPECT_EQ(refusal(twice), "order.refused");
  auto swapped = by_admins();
  std::swap(swapped.signers[0].signature, swapped.signers[1].signature);
  EXPECT_EQ(refusal(swapped), "order.refused");
  auto other_words = by_owner();
  other_words.document = api::encode(order_for(phone));
  EXPECT_EQ(refusal(other_words), "order.refused");
  auto empty = by_owner();
  empty.signers[0].signature.clear();
  EXPECT_EQ(refusal(empty), "order.refused");
  // A signature for another purpose over the same bytes.
  auto purpose = by_owner();
  Bytes plain(crypto_sign_BYTES);
  crypto_sign_detached(plain.data(), nullptr, purpose.document.data(), purpose.document.size(),
                       laptop.secret.data());
  purpose.signers[0].signature = plain;
  EXPECT_EQ(refusal(purpose), "order.refused");
}

TEST_F(Commands, forged_rows_are_found) {
  auto device_row = by_owner();
  device_row.signers[0].device.mac[0] ^= 1;
  EXPECT_EQ(refusal(device_row), "order.refused");
  auto user_row = by_owner();
  user_row.signers[0].user.mac.clear();
  EXPECT_EQ(refusal(user_row), "order.refused");
  auto target_row = by_owner();
  target_row.target.content.back() ^= 1;
  EXPECT_EQ(refusal(target_row), "order.refused");
  auto no_device_row = by_owner();
  no_device_row.signers[0].device = ann.row;
  EXPECT_EQ(refusal(no_device_row), "order.refused");
}

TEST_F(Commands, a_stranger_s_word_does_not_count) {
  const Person bob = person(5, {});
  const Held bobs = device(bob, 20);
  const Bytes document = api::encode(order_for(phone));
  EXPECT_EQ(refusal({document, phone.row, {signer(bobs, bob, document)}}), "order.refused");
  // His device with her user row.
  EXPECT_EQ(refusal({document, phone.row, {signer(bobs, ann, document)}}), "order.refused");
  // Neither of them an admin, one of them an admin.
  EXPECT_EQ(
      refusal(
          {document, phone.row, {signer(bobs, bob, document), signer(one_laptop, one, document)}}),
      "order.refused");
  ASSERT_EQ(reason_of(create_tenant(kOtherTenant)), "no error");
  const Person far = person(6, {Role::user_admin}, kOtherTenant);
  const Held fars = device(far, 21);
  EXPECT_EQ(
      refusal(
          {document, phone.row, {signer(fars, far, document), signer(one_laptop, one, document)}}),
      "order.refused");
}

TEST_F(Commands, an_admin_is_nobody_s_judge_in_their_own_affair) {
  const Bytes document = api::encode(order_for(one_laptop));
  EXPECT_EQ(refusal({document,
                     one_laptop.row,
                     {signer(one_laptop, one, document), signer(two_laptop, two, document)}}),
            "order.refused");
  const Held tablet = device(one, 14);
  EXPECT_EQ(refusal({document,
                     one_laptop.row,
                     {signer(tablet, one, document), signer(two_laptop, two, document)}}),
            "order.refused");
}

TEST_F(Commands, the_target_is_the_one_that_the_document_names) {
  auto request = by_owner();
  request.target = one_laptop.row;
  EXPECT_EQ(refusal(request), "order.refused");
  auto order = order_for(phone);
  order.device_key_digest = base::sha256("another key");
  Bytes document = api::encode(order);
  EXPECT_EQ(refusal({document, phone.row, {signer(laptop, ann, document)}}), "order.refused");
  document = api::encode(order_for(laptop));
  EXPECT_EQ(refusal({document, laptop.row, {signer(laptop, ann, document)}}), "order.refused");
}

TEST_F(Commands, terms_outside_the_rules_are_refused) {
  const auto with = [&](auto change) {
    auto order = order_for(phone);
    change(order);
    const Bytes document = api::encode(order);
    return refusal({document, phone.row, {signer(laptop, ann, document)}});
  };
  constexpr std::int64_t kDay = 86'400'000;
  EXPECT_EQ(with([](auto& o) { o.kind = "explode"; }), "order.refused");
  EXPECT_EQ(with([](auto& o) { o.details = Bytes{1}; }), "order.refused");
  EXPECT_EQ(with([](auto& o) {
              o.expires_ms = now_ms() - 1;
              o.issued_ms -= 5'000;
            }),
            "order.refused");
  EXPECT_EQ(with([](auto& o) { o.issued_ms += 600'000; }), "order.refused");
  EXPECT_EQ(with([](auto& o) { o.issued_ms -= kDay + 1'000; }), "order.refused");
  EXPECT_EQ(with([](auto& o) { o.expires_ms += 90 * kDay; }), "order.refused");
  EXPECT_EQ(with([](auto&) {}), "signed");
}

TEST_F(Commands, an_old_row_of_a_revoked_device_or_a_former_admin_gains_nothing) {
  const auto owner = by_owner();
  const auto admins = by_admins();
  identity::Device gone = laptop.device;
  gone.revoked_ms = now_ms();
  ++gone.version;
  const auto gone_row = stored(identity::encode(gone));
  auto with_new_row = owner;
  with_new_row.signers[0].device = gone_row;
  EXPECT_EQ(refusal(with_new_row), "order.refused");
  EXPECT_EQ(refusal(owner), "order.refused") << "the older row, its MAC still right";
  identity::User former = one.user;
  former.own_roles = {};
  ++former.version;
  (void)stored(identity::encode(former));
  EXPECT_EQ(refusal(admins), "order.refused");
}

TEST_F(Commands, a_known_device_does_not_change_its_key_or_its_owner) {
  identity::Device changed = laptop.device;
  Held forged = laptop;
  crypto_sign_keypair(changed.key.point.data(), forged.secret.data());
  forged.device = changed;
  forged.row = stored(identity::encode(changed));
  const Bytes document = api::encode(order_for(phone));
  EXPECT_EQ(refusal({document, phone.row, {signer(forged, ann, document)}}), "order.refused");
  Held taken = one_laptop;
  taken.device.user = ann.user.id;
  taken.row = stored(identity::encode(taken.device));
  EXPECT_EQ(refusal({document, phone.row, {signer(taken, ann, document)}}), "order.refused");
}

TEST_F(Commands, a_tenant_has_so_many_orders_an_hour_and_a_restart_does_not_forget_them) {
  const auto first = by_owner();
  EXPECT_EQ(refusal(first), "signed");
  EXPECT_EQ(refusal(by_owner()), "signed");
  EXPECT_EQ(refusal(by_owner()), "signed");
  EXPECT_EQ(refusal(by_owner()), "order.limit");
  EXPECT_EQ(refusal(first), "signed") << "the same order is not another one";
  keyd.kill();
  keyd.start();
  ASSERT_TRUE(keyd.ready());
  EXPECT_EQ(refusal(by_owner()), "order.limit");
}

// As it is without configuration: who is new has to wait.
class NewSigners : public Commands {
 protected:
  NewSigners() : Commands(std::string()) {}
};

TEST_F(NewSigners, only_a_person_s_first_device_may_order_at_once) {
  EXPECT_EQ(refusal(by_owner()), "signed");
  // What a conclaved that was broken into would do: invent a device of hers, with a MAC from keyd.
  const Held invented = device(ann, 30);
  const Bytes document = api::encode(order_for(phone));
  EXPECT_EQ(refusal({document, phone.row, {signer(invented, ann, document)}}), "order.wait");
  EXPECT_THAT(keyd.output(), ::testing::HasSubstr("order.device_known"));
}

TEST_F(NewSigners, invented_admins_have_to_wait_and_are_told_of) {
  EXPECT_EQ(refusal(by_admins()), "order.wait");
  EXPECT_THAT(keyd.output(), ::testing::HasSubstr("order.admin_known"));
}

}  // namespace
}  // namespace conclave::hsm
