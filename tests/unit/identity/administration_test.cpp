#include "runtime/identity/administration.hpp"

#include <fstream>

#include "tests/unit/identity/fixture.hpp"

namespace conclave::identity {
namespace {

using testing::World;

NewUser named(std::string name) {
  NewUser out;
  out.name = std::move(name);
  return out;
}

class AdministrationTest : public ::testing::Test {
 protected:
  World world;
  Administration& administration() { return world.s->administration; }
  Actor root() { return world.actor_of(world.provider, world.root); }
  Actor admin() { return world.actor_of(world.tenant, world.admin); }
  Actor ann() { return world.actor_of(world.tenant, world.ann); }

  Result<void> change(Actor by, UserId user, UserChange change) {
    return world.run(administration().change_user(by, world.tenant, user, std::move(change)));
  }
  static UserChange roles(RoleSet wanted) {
    UserChange out;
    out.roles = wanted;
    return out;
  }
};

TEST_F(AdministrationTest, OnlyTheProviderMakesTenants) {
  EXPECT_EQ(world.run(administration().create_tenant(admin(), "x.example")).error(),
            Error(kDenied));
  const auto made = world.run(administration().create_tenant(root(), "X.example"));
  ASSERT_TRUE(made);
  EXPECT_TRUE(world.keys.tenants.contains(*made)) << "keys come before the row";
  EXPECT_EQ(world.run(administration().create_tenant(root(), "x.example")).error(),
            Error(kTenantExists));
}

TEST_F(AdministrationTest, AnAdminOfOneTenantDoesNotLearnOfAnother) {
  const auto other = world.run(administration().create_tenant(root(), "other.example"));
  EXPECT_EQ(administration().resolve_tenant(admin(), "other.example").error(),
            Error(kTenantNotFound));
  EXPECT_EQ(administration().resolve_tenant(admin(), base::to_text(*other)).error(),
            Error(kTenantNotFound));
  EXPECT_EQ(administration().list_sessions(admin(), *other).error(), Error(kTenantNotFound));
  EXPECT_EQ(administration().resolve_tenant(admin(), "self"), world.tenant);
  EXPECT_EQ(administration().resolve_tenant(root(), "other.example"), *other);
}

TEST_F(AdministrationTest, AMemberAdministersNothing) {
  EXPECT_EQ(world.run(administration().create_user(ann(), world.tenant, named("eve"))).error(),
            Error(kDenied));
  EXPECT_EQ(change(ann(), world.ann, roles({Role::user_admin})).error(), Error(kDenied));
}

TEST_F(AdministrationTest, NobodyGivesPowersAboveTheirOwn) {
  EXPECT_EQ(change(admin(), world.ann, roles({Role::security_admin})).error(), Error(kDenied));
  EXPECT_EQ(change(admin(), world.ann, roles({Role::auditor})).error(), Error(kDenied));
  EXPECT_EQ(change(root(), world.ann, roles({Role::provider_admin})).error(),
            Error(kRolesConflict));
  EXPECT_TRUE(change(admin(), world.ann, roles({Role::room_admin})));
  EXPECT_TRUE(change(root(), world.ann, roles({Role::security_admin})));
  UserChange password;
  password.password = base::Secret(std::string_view("a new long password"));
  EXPECT_EQ(change(admin(), world.ann, std::move(password)).error(), Error(kDenied))
      << "resetting the password of a higher admin would be a way up";
}

TEST_F(AdministrationTest, NobodyChangesTheirOwnRoles) {
  EXPECT_EQ(change(admin(), world.admin, roles({})).error(), Error(kDenied));
}

TEST_F(AdministrationTest, DutiesStaySeparatedThroughGroupsToo) {
  ASSERT_TRUE(change(root(), world.ann, roles({Role::auditor})));
  const auto group = world.run(
      administration().create_group(root(), world.tenant, "helpdesk", {Role::user_admin}));
  ASSERT_TRUE(group);
  EXPECT_EQ(world.run(administration().add_member(root(), world.tenant, *group, world.ann)).error(),
            Error(kRolesConflict));
  const auto plain = world.run(administration().create_group(root(), world.tenant, "people", {}));
  ASSERT_TRUE(world.run(administration().add_member(root(), world.tenant, *plain, world.ann)));
  EXPECT_EQ(
      world.run(administration().set_group_roles(root(), world.tenant, *plain, {Role::room_admin}))
          .error(),
      Error(kRolesConflict));
}

TEST_F(AdministrationTest, GroupsGiveTheirRolesToMembersAlsoAfterARestart) {
  const auto group = world.run(
      administration().create_group(root(), world.tenant, "helpdesk", {Role::user_admin}));
  ASSERT_TRUE(world.run(administration().add_member(root(), world.tenant, *group, world.ann)));
  world.restart();
  EXPECT_TRUE(ann().roles.has(Role::user_admin));
  ASSERT_TRUE(world.run(administration().remove_member(root(), world.tenant, *group, world.ann)));
  EXPECT_FALSE(ann().roles.has(Role::user_admin));
  world.restart();
  EXPECT_FALSE(ann().roles.has(Role::user_admin));
}

TEST_F(AdministrationTest, ChangedRolesEndTheUsersSessions) {
  const SessionId session =
      world.s->sessions
          .open({.actor = {world.tenant, world.ann, DeviceId{5}, {}, {}}, .exclusive = true})
          .id;
  ASSERT_TRUE(change(admin(), world.ann, roles({Role::room_admin})));
  EXPECT_EQ(world.s->sessions.find(session), nullptr);
}

TEST_F(AdministrationTest, TheLastProviderAdminStays) {
  const UserId second = world.make_user(world.provider, "second", {Role::provider_admin});
  UserChange disable;
  disable.enabled = false;
  const Actor by = world.actor_of(world.provider, second);
  ASSERT_TRUE(
      world.run(administration().change_user(by, world.provider, world.root, std::move(disable))));
  EXPECT_EQ(world.run(administration().delete_user(by, world.provider, second)).error(),
            Error(kDenied));
  UserChange disable_self;
  disable_self.enabled = false;
  EXPECT_EQ(
      world.run(administration().change_user(by, world.provider, second, std::move(disable_self)))
          .error(),
      Error(kLastAdmin));
}

TEST_F(AdministrationTest, ADeletedUsersNameIsNotReused) {
  ASSERT_TRUE(world.run(administration().delete_user(admin(), world.tenant, world.ann)));
  EXPECT_FALSE(world.s->directory.active(world.tenant, world.ann));
  EXPECT_EQ(world.run(administration().create_user(admin(), world.tenant, named("ann"))).error(),
            Error(kUserExists));
  EXPECT_EQ(world.keys.calls["delete_author_key"], 1);
}

TEST_F(AdministrationTest, ADeletedUsersKeyIsDestroyedAfterACrashToo) {
  // keyd goes away between the commit and its answer.
  int macs = world.keys.calls["mac_rows"];
  world.keys.on_call = [&](std::string_view name) {
    if (name == "delete_author_key") world.keys.broken = &hsm::api::kTokenUnavailable;
  };
  EXPECT_TRUE(world.run(administration().delete_user(admin(), world.tenant, world.ann)));
  EXPECT_GT(world.keys.calls["mac_rows"], macs);
  EXPECT_EQ(world.store.doomed.size(), 1U);
  world.keys.on_call = {};
  world.keys.broken = nullptr;
  world.restart();
  EXPECT_EQ(world.s->eraser.waiting(), 1U);
  world.run_void(world.s->eraser.retry());
  EXPECT_EQ(world.s->eraser.waiting(), 0U);
  EXPECT_TRUE(world.store.doomed.empty());
  EXPECT_EQ(world.keys.calls["delete_author_key"], 2);
}

TEST_F(AdministrationTest, DeletingAUserAgainIsAnsweredAlike) {
  ASSERT_TRUE(world.run(administration().delete_user(admin(), world.tenant, world.ann)));
  EXPECT_TRUE(world.run(administration().delete_user(admin(), world.tenant, world.ann)));
  EXPECT_EQ(administration().resolve_user(world.tenant, "ann").error(), Error(kUserNotFound));
  EXPECT_EQ(administration().resolve_user(world.tenant, "ann", true), world.ann);
  const Actor nobody = world.actor_of(world.tenant, world.ann);
  EXPECT_EQ(world.run(administration().delete_user(nobody, world.tenant, world.ann)).error(),
            Error(kDenied));
}

TEST_F(AdministrationTest, ADeletedTenantIsGone) {
  ASSERT_TRUE(world.run(administration().delete_tenant(root(), world.tenant)));
  EXPECT_EQ(world.s->directory.tenant_by_domain("demo.example"), nullptr);
  world.restart();
  EXPECT_EQ(world.s->directory.tenant_by_domain("demo.example"), nullptr);
  EXPECT_EQ(world.run(administration().delete_tenant(root(), world.provider)).error(),
            Error(kDenied));
}

TEST_F(AdministrationTest, EveryChangeLeavesAChainedAuditEntry) {
  ASSERT_TRUE(change(admin(), world.ann, roles({Role::room_admin})));
  const auto entries = world.run(world.s->trail.read(0, 100));
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), world.store.audit.size());
  for (std::size_t i = 0; i < entries->size(); ++i) {
    EXPECT_EQ((*entries)[i].number, i + 1);
    EXPECT_TRUE((*entries)[i].chained);
  }
  EXPECT_NE(entries->back().content.find("user.changed"), std::string::npos);
  world.store.audit[1].ts_ms += 1;
  const auto forged = world.run(world.s->trail.read(0, 100));
  EXPECT_FALSE((*forged)[1].chained);
}

TEST_F(AdministrationTest, AFailedChangeLeavesNoTrace) {
  const std::size_t before = world.store.audit.size();
  world.store.read_only = true;
  EXPECT_FALSE(change(admin(), world.ann, roles({Role::room_admin})));
  EXPECT_FALSE(ann().roles.has(Role::room_admin));
  world.store.read_only = false;
  ASSERT_TRUE(change(admin(), world.ann, roles({Role::room_admin})));
  EXPECT_EQ(world.store.audit.size(), before + 1);
  EXPECT_TRUE(world.run(world.s->trail.read(before, 1))->front().chained);
}

class BootstrapTest : public AdministrationTest {
 protected:
  std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("setup-" + std::to_string(::getpid()));
  void TearDown() override { std::filesystem::remove(file); }
};

TEST_F(BootstrapTest, AnInstallationWithAnAdminGetsNoSecret) {
  Bootstrap bootstrap(
      {administration(), world.s->directory, world.clock, base::system_random(), file, 600'000});
  ASSERT_TRUE(world.run(bootstrap.start("provider.local")));
  EXPECT_FALSE(bootstrap.pending());
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(BootstrapTest, TheSecretMakesTheFirstAdminOnce) {
  world.store.records.clear();
  world.store.audit.clear();
  world.restart();
  Bootstrap bootstrap(
      {administration(), world.s->directory, world.clock, base::system_random(), file, 600'000});
  ASSERT_TRUE(world.run(bootstrap.start("provider.local")));
  ASSERT_TRUE(bootstrap.pending());
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::string secret;
  std::getline(std::ifstream(file) >> std::ws, secret);
  const auto complete = [&](std::string given) {
    return world.run(bootstrap.complete(std::move(given), "chief", base::Secret(World::kPassword)));
  };
  EXPECT_EQ(complete("wrong").error(), Error(kSetupRefused));
  const auto user = complete(secret);
  ASSERT_TRUE(user) << user.error().text();
  EXPECT_TRUE(world.s->directory.roles_of(world.s->directory.provider()->id, *user)
                  .has(Role::provider_admin));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(complete(secret).error(), Error(kSetupRefused));
}

TEST_F(BootstrapTest, TheSecretExpires) {
  world.store.records.clear();
  world.restart();
  Bootstrap bootstrap(
      {administration(), world.s->directory, world.clock, base::system_random(), file, 600'000});
  ASSERT_TRUE(world.run(bootstrap.start("provider.local")));
  world.clock.now_ms += 600'001;
  EXPECT_FALSE(bootstrap.pending());
}

TEST_F(BootstrapTest, ADamagedStoreIsNotTakenForANewOne) {
  for (auto& [key, row] : world.store.records) row.mac[0] ^= 1;
  world.restart();
  Bootstrap bootstrap(
      {administration(), world.s->directory, world.clock, base::system_random(), file, 600'000});
  EXPECT_FALSE(world.run(bootstrap.start("provider.local")));
  EXPECT_FALSE(bootstrap.pending());
}

}  // namespace
}  // namespace conclave::identity
