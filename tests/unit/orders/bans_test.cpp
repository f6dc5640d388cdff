#include "tests/unit/orders/fixture.hpp"

namespace conclave::orders {
namespace {

class BansTest : public OrdersTest {
 protected:
  bool banned(const TestDevice& device, ByteView hardware = {}) {
    return bans->banned(world.tenant, ann.user, base::sha256(device.public_key), hardware);
  }
  store::Record& row() { return world.store.find(store::RecordKind::ban, ann.user.value); }
};

TEST_F(BansTest, a_banned_device_is_revoked_signed_out_and_does_not_come_back) {
  EXPECT_FALSE(banned(phone));
  ASSERT_TRUE(world.run(bans->ban_own(ann, phone_id)));
  EXPECT_TRUE(banned(phone));
  EXPECT_FALSE(banned(laptop));
  EXPECT_NE(stored(phone_id).revoked_ms, 0);
  for (const auto* session : world.s->sessions.of_user(world.tenant, ann.user)) {
    EXPECT_NE(session->actor.device, phone_id);
  }
  restart();
  EXPECT_TRUE(banned(phone));
  EXPECT_TRUE(world.run(bans->ban_own(ann, phone_id))) << "again";
}

TEST_F(BansTest, hardware_does_not_come_back_with_another_key) {
  identity::Device device = stored(phone_id);
  device.hardware_digest = Bytes(32, 9);
  world.s->directory.put_device(device, std::nullopt);
  ASSERT_TRUE(world.run(bans->ban_own(ann, phone_id)));
  const TestDevice fresh;
  EXPECT_TRUE(banned(fresh, Bytes(32, 9)));
  EXPECT_FALSE(banned(fresh, Bytes(32, 8)));
  EXPECT_FALSE(banned(fresh));
}

TEST_F(BansTest, a_persons_ban_is_theirs_and_an_admins_is_everybodys) {
  ASSERT_TRUE(world.run(bans->ban_own(ann, phone_id)));
  const auto key = base::sha256(phone.public_key);
  EXPECT_FALSE(bans->banned(world.tenant, one.user, key, {}));
  ASSERT_TRUE(world.run(bans->ban(one, world.tenant, ann.user, phone_id)));
  EXPECT_TRUE(bans->banned(world.tenant, one.user, key, {}));
  EXPECT_FALSE(bans->banned(world.provider, one.user, key, {}));
  ASSERT_TRUE(world.run(bans->ban_own(ann, phone_id)));
  EXPECT_TRUE(bans->banned(world.tenant, one.user, key, {})) << "narrowed by its person";
}

TEST_F(BansTest, rights) {
  EXPECT_EQ(reason_of(world.run(bans->ban(ann, world.tenant, one.user, one.device))),
            "role.missing");
  EXPECT_EQ(reason_of(world.run(bans->ban_own(ann, one.device))), "device.not_found");
  ASSERT_TRUE(world.run(bans->ban_own(ann, phone_id)));
  EXPECT_EQ(reason_of(world.run(bans->lift(ann, world.tenant, ann.user, phone_id))),
            "role.missing");
  EXPECT_EQ(reason_of(world.run(bans->lift(two, world.tenant, ann.user, phone_id))), "role.missing")
      << "a security_admin bans, a user_admin lifts";
  EXPECT_EQ(reason_of(bans->list(ann, world.tenant, ann.user)), "role.missing");
  EXPECT_EQ(bans->list(two, world.tenant, ann.user)->size(), 1U);
  ASSERT_TRUE(world.run(bans->lift(one, world.tenant, ann.user, phone_id)));
  EXPECT_FALSE(banned(phone));
  EXPECT_NE(stored(phone_id).revoked_ms, 0) << "the key stays revoked";
  EXPECT_TRUE(bans->list(two, world.tenant, ann.user)->empty());
  EXPECT_EQ(reason_of(world.run(bans->lift(one, world.tenant, ann.user, phone_id))),
            "ban.not_found");
  weak = true;
  EXPECT_EQ(reason_of(world.run(bans->ban_own(ann, phone_id))), "role.missing");
}

TEST_F(BansTest, a_ban_that_was_taken_away_keeps_new_devices_out_until_an_admin_has_looked) {
  ASSERT_TRUE(world.run(bans->ban_own(ann, phone_id)));
  const auto kept = world.store.records;
  std::erase_if(world.store.records,
                [](const auto& each) { return each.second.kind == store::RecordKind::ban; });
  restart();
  EXPECT_TRUE(bans->unclear(world.tenant, ann.user));
  EXPECT_TRUE(banned(TestDevice())) << "new";
  EXPECT_TRUE(banned(phone)) << "revoked, so as good as new";
  EXPECT_FALSE(banned(laptop)) << "known";
  EXPECT_FALSE(bans->banned(world.tenant, one.user, base::sha256(TestDevice().public_key), {}));
  ASSERT_TRUE(world.run(bans->ban(one, world.tenant, ann.user, phone_id)));
  EXPECT_FALSE(bans->unclear(world.tenant, ann.user));
  EXPECT_FALSE(banned(TestDevice()));
  EXPECT_TRUE(banned(phone));
  restart();
  EXPECT_FALSE(bans->unclear(world.tenant, ann.user));
}

TEST_F(BansTest, a_forged_or_older_row_is_as_bad_as_a_missing_one) {
  ASSERT_TRUE(world.run(bans->ban_own(ann, phone_id)));
  const store::Record banned_row = row();
  ASSERT_TRUE(world.run(bans->lift(one, world.tenant, ann.user, phone_id)));
  const store::Record lifted_row = row();
  row().content.back() ^= 1;
  restart();
  EXPECT_TRUE(bans->unclear(world.tenant, ann.user));
  row() = banned_row;
  restart();
  EXPECT_TRUE(bans->unclear(world.tenant, ann.user));
  row() = lifted_row;
  restart();
  EXPECT_FALSE(bans->unclear(world.tenant, ann.user));
}

TEST_F(BansTest, a_ban_that_somebody_invented_shuts_nobody_out) {
  Ban invented{world.tenant,
               ann.user,
               phone_id,
               base::sha256(laptop.public_key),
               {},
               true,
               one.user,
               world.tenant,
               1,
               0,
               1};
  store::Record row = encode(invented);
  row.mac = Bytes(32, 1);
  world.store.records[{row.kind, row.tenant.value, row.id, row.sub}] = row;
  restart();
  EXPECT_FALSE(bans->unclear(world.tenant, ann.user));
  EXPECT_FALSE(banned(laptop));
  EXPECT_FALSE(banned(TestDevice()));
}

TEST_F(BansTest, nothing_holds_that_could_not_be_stored) {
  world.store.read_only = true;
  EXPECT_EQ(reason_of(world.run(bans->ban_own(ann, phone_id))), "store.read_only");
  EXPECT_FALSE(banned(phone));
  EXPECT_EQ(stored(phone_id).revoked_ms, 0);
}

}  // namespace
}  // namespace conclave::orders
