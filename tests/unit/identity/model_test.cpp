#include "runtime/identity/model.hpp"

#include <gtest/gtest.h>

#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"

namespace conclave::identity {
namespace {

TEST(Roles, AuditorIsNeverAnAdmin) {
  for (const Role admin : {Role::user_admin, Role::room_admin, Role::security_admin}) {
    EXPECT_EQ(check_roles({Role::auditor, admin}, false), fail(kRolesConflict));
  }
  EXPECT_TRUE(check_roles({Role::auditor}, false));
  EXPECT_TRUE(check_roles({Role::user_admin, Role::room_admin}, false));
}

TEST(Roles, ProviderRolesExistOnlyInTheProvidersTenant) {
  EXPECT_EQ(check_roles({Role::provider_admin}, false), fail(kRolesConflict));
  EXPECT_TRUE(check_roles({Role::provider_admin}, true));
  EXPECT_FALSE(check_roles({Role::provider_admin, Role::provider_auditor}, true));
}

TEST(Roles, EveryRoleHasANameThatReadsBack) {
  for (unsigned i = 0; i <= 8; ++i) {
    const auto role = static_cast<Role>(i);
    EXPECT_EQ(parse_role(to_text(role)), role);
  }
  EXPECT_FALSE(parse_role("root"));
}

TEST(Names, AreFoldedAndLimited) {
  EXPECT_EQ(clean_name("Ann.B-c_9"), "ann.b-c_9");
  for (const char* bad : {"", ".ann", "an n", "änn", "a@b", "-x"}) {
    EXPECT_FALSE(clean_name(bad)) << bad;
  }
  EXPECT_FALSE(clean_name(std::string(65, 'a')));
}

TEST(Names, DomainsFollowDns) {
  EXPECT_EQ(clean_domain("Demo.Example"), "demo.example");
  for (const char* bad : {"", ".", "a..b", "a.", "-a.b", "a-.b", "a b", "a/b"}) {
    EXPECT_FALSE(clean_domain(bad)) << bad;
  }
}

TEST(Names, LabelsAreTrimmedUtf8WithoutControlCharacters) {
  EXPECT_EQ(clean_label("  Ännchen  "), "Ännchen");
  for (const char* bad : {"", "   ", "a\nb", "\xff"}) EXPECT_FALSE(clean_label(bad)) << bad;
}

TEST(Names, AccountsNeedADomain) {
  EXPECT_EQ(parse_account("Ann@Demo.example")->local, "ann");
  EXPECT_FALSE(parse_account("ann"));
  EXPECT_FALSE(parse_account("@demo.example"));
  EXPECT_FALSE(parse_account("ann@b@c"));
}

TEST(Records, ReadBackWhatWasWritten) {
  Device device;
  device.id = DeviceId{7};
  device.tenant = TenantId{3};
  device.user = UserId{4};
  device.key = {hsm::api::SignatureAlgorithm::ed25519, Bytes(32, 9)};
  device.platform = "linux";
  device.version = 5;
  device.name = {2, Bytes{1, 2}};
  const auto read = decode_device(encode(device));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, device.user);
  EXPECT_EQ(read->key, device.key);
  EXPECT_EQ(read->name.version, 2U);
}

TEST(Records, BelongToTheirPlace) {
  User user;
  user.id = UserId{7};
  user.tenant = TenantId{3};
  user.name = "ann";
  user.version = 1;
  const store::Record record = encode(user);
  const auto moved = [&](auto change) {
    store::Record other = record;
    change(other);
    return decode_user(other).has_value();
  };
  EXPECT_TRUE(moved([](store::Record&) {}));
  EXPECT_FALSE(moved([](store::Record& row) { row.id = 8; }));
  EXPECT_FALSE(moved([](store::Record& row) { row.tenant = TenantId{4}; }));
  EXPECT_FALSE(moved([](store::Record& row) { row.version = 2; }));
  EXPECT_FALSE(moved([](store::Record& row) { row.sub = 1; }));
  EXPECT_FALSE(moved([](store::Record& row) { row.kind = store::RecordKind::device; }));
  EXPECT_FALSE(moved([](store::Record& row) { row.content.push_back(0); }));
  EXPECT_FALSE(moved([](store::Record& row) { row.content.pop_back(); }));
}

}  // namespace
}  // namespace conclave::identity
