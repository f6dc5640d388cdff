#include "runtime/identity/directory.hpp"

#include "runtime/identity/records.hpp"
#include "tests/unit/identity/fixture.hpp"

namespace conclave::identity {
namespace {

using store::RecordKind;
using testing::World;

Task<bool> upkeep(admission::SignIn* sign_in) {
  co_await sign_in->upkeep();
  co_return true;
}

class DirectoryTest : public ::testing::Test {
 protected:
  World world;
  Actor admin() { return world.actor_of(world.tenant, world.admin); }
};

TEST_F(DirectoryTest, KeepsUsersAcrossARestart) {
  world.restart();
  const User* ann = world.s->directory.user_by_account(world.tenant, "ann@demo.example");
  ASSERT_NE(ann, nullptr);
  EXPECT_EQ(ann->id, world.ann);
  EXPECT_TRUE(world.s->directory.active(world.tenant, world.ann));
}

TEST_F(DirectoryTest, NoIdOfAnotherTenantIsReached) {
  EXPECT_EQ(world.s->directory.user(world.provider, world.ann), nullptr);
  EXPECT_EQ(world.s->directory.user_by_account(world.provider, "ann@demo.example"), nullptr);
  EXPECT_FALSE(world.s->directory.active(world.provider, world.ann));
}

TEST_F(DirectoryTest, AWriterToTheDatabaseBecomesNobody) {
  store::Record& row = world.store.find(RecordKind::user, world.ann.value);
  User forged = *decode_user(row);
  forged.own_roles.add(Role::user_admin);
  row.content = encode(forged).content;  // the MAC stays the old one
  world.restart();
  EXPECT_FALSE(world.s->directory.active(world.tenant, world.ann));
  EXPECT_FALSE(world.s->directory.roles_of(world.tenant, world.ann).has(Role::user_admin));
  EXPECT_EQ(world.s->directory.refused_rows(), 1U);
  EXPECT_TRUE(world.s->directory.active(world.tenant, world.admin)) << "others go on";
}

TEST_F(DirectoryTest, ARowMovedToAnotherPlaceGivesNoPower) {
  const store::Record admin_row = world.store.find(RecordKind::user, world.admin.value);
  store::Record& row = world.store.find(RecordKind::user, world.ann.value);
  row.content = admin_row.content;
  row.mac = admin_row.mac;
  world.restart();
  EXPECT_FALSE(world.s->directory.active(world.tenant, world.ann));
}

TEST_F(DirectoryTest, ARevokedDeviceDoesNotComeBackWithItsOldRow) {
  const testing::TestDevice device;
  const auto in = world.run(
      world.s->sign_in.enrol(world.enrol_request(device, "ann@demo.example"), World::loopback()));
  ASSERT_TRUE(in);
  store::Record& row = world.store.find(RecordKind::device, in->actor.device.value);
  const store::Record old = row;
  ASSERT_TRUE(world.run(world.s->account.remove_device(in->actor, in->actor.device)));
  row = old;  // a sound MAC over an old version
  world.restart();
  EXPECT_EQ(world.s->directory.device(world.tenant, in->actor.device), nullptr);
  EXPECT_EQ(world.s->directory.refused_rows(), 1U);
}

TEST_F(DirectoryTest, AnOldPasswordRowStopsItsUser) {
  store::Record& row = world.store.find(RecordKind::credential, world.ann.value);
  const store::Record old = row;
  UserChange change;
  change.password = base::Secret(std::string_view("a completely new password"));
  ASSERT_TRUE(world.run(
      world.s->administration.change_user(admin(), world.tenant, world.ann, std::move(change))));
  row = old;
  world.restart();
  EXPECT_FALSE(world.s->directory.active(world.tenant, world.ann));
}

TEST_F(DirectoryTest, AMembershipThatWasTakenAwayDoesNotComeBack) {
  const Actor root = world.actor_of(world.provider, world.root);
  auto& administration = world.s->administration;
  const auto group =
      world.run(administration.create_group(root, world.tenant, "helpdesk", {Role::user_admin}));
  ASSERT_TRUE(world.run(administration.add_member(root, world.tenant, *group, world.ann)));
  const auto before = world.store.records;
  ASSERT_TRUE(world.run(administration.remove_member(root, world.tenant, *group, world.ann)));
  world.store.records = before;
  world.restart();
  EXPECT_FALSE(world.s->directory.roles_of(world.tenant, world.ann).has(Role::user_admin));
}

TEST_F(DirectoryTest, ADamagedPasswordRowStopsItsUser) {
  world.store.find(RecordKind::credential, world.ann.value).mac[0] ^= 1;
  world.restart();
  EXPECT_FALSE(world.s->directory.active(world.tenant, world.ann));
}

TEST_F(DirectoryTest, TheNameOfADamagedUserStaysTaken) {
  world.store.find(RecordKind::user, world.ann.value).mac[0] ^= 1;
  world.restart();
  NewUser again;
  again.name = "ann";
  EXPECT_EQ(world.run(world.s->administration.create_user(admin(), world.tenant, std::move(again)))
                .error(),
            Error(kUserExists));
}

TEST_F(DirectoryTest, CheckingFailsAsAWholeWhenTheTokenIsAway) {
  std::vector<store::Record> rows;
  for (const auto& [key, row] : world.store.records) rows.push_back(row);
  static constexpr ErrorSpec kAway{"token.unavailable", ErrorKind::unavailable, ""};
  world.keys.broken = &kAway;
  EXPECT_FALSE(world.run(check_rows(std::move(rows), world.keys, nullptr)));
}

TEST_F(DirectoryTest, ARowThatTheTrailKnowsAndTheStoreLostIsAnAlarm) {
  const auto key = std::ranges::find_if(world.store.records, [&](const auto& entry) {
    return entry.second.kind == RecordKind::credential && entry.second.id == world.ann.value;
  });
  ASSERT_NE(key, world.store.records.end());
  world.store.records.erase(key);
  world.restart();
  EXPECT_EQ(world.s->directory.refused_rows(), 1u);
  EXPECT_FALSE(world.s->directory.active(world.tenant, world.ann));
}

TEST_F(DirectoryTest, NamesAreSealedInTheStoreAndOpenedWhenAsked) {
  NewUser user;
  user.name = "bob";
  user.display_name = "Bob Marker-9f2";
  const auto bob =
      world.run(world.s->administration.create_user(admin(), world.tenant, std::move(user)));
  ASSERT_TRUE(bob);
  for (const auto& [key, row] : world.store.records) {
    EXPECT_EQ(base::as_text(row.content).find("Marker-9f2"), std::string_view::npos);
  }
  world.restart();
  const auto view = world.run(world.s->directory.describe_one(world.tenant, *bob));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->display_name, "Bob Marker-9f2");
  EXPECT_EQ(view->account, "bob@demo.example");
}

TEST_F(DirectoryTest, SearchFindsWordsByTheirStartButNothingForGuests) {
  NewUser user;
  user.name = "bob";
  user.display_name = "Robert Zimmermann";
  ASSERT_TRUE(
      world.run(world.s->administration.create_user(admin(), world.tenant, std::move(user))));
  const auto found = [&](Actor actor, std::string query) {
    return world.run(world.s->directory.search(actor, std::move(query), 10)).size();
  };
  const Actor ann = world.actor_of(world.tenant, world.ann);
  EXPECT_EQ(found(ann, "zim"), 1U);
  EXPECT_EQ(found(ann, "BOB"), 1U);
  EXPECT_EQ(found(ann, "ermann"), 0U);
  Actor guest = ann;
  guest.roles = {Role::guest};
  EXPECT_EQ(found(guest, "zim"), 0U);
  EXPECT_EQ(found(world.actor_of(world.provider, world.root), "zim"), 0U) << "another tenant";
}

TEST_F(DirectoryTest, ALostDeviceActivityIsStoredAtMostOnceAnHour) {
  testing::TestDevice device;
  const auto in = world.run(
      world.s->sign_in.enrol(world.enrol_request(device, "ann@demo.example"), World::loopback()));
  ASSERT_TRUE(in);
  const auto version = [&] {
    return world.store.find(RecordKind::device, in->actor.device.value).version;
  };
  world.clock.now_ms += 3'600'001;
  ASSERT_TRUE(world.run(world.s->sign_in.prove(
      world.prove_request(device, in->actor.device, "ann@demo.example"), World::loopback())));
  world.run(upkeep(&world.s->sign_in));
  world.run(upkeep(&world.s->sign_in));
  EXPECT_EQ(version(), 2U);
}

}  // namespace
}  // namespace conclave::identity
