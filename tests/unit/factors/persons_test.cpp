#include "runtime/factors/persons.hpp"

#include "runtime/identity/errors.hpp"
#include "tests/unit/factors/service_fixture.hpp"

namespace conclave::factors {
namespace {

using testing::FactorsTest;
using Reasons = std::vector<std::string>;

class PersonsTest : public FactorsTest {
 protected:
  Result<LinkCode> code(identity::Actor actor) {
    return world.run(persons->link_code(actor, password()));
  }
  Result<bool> link(identity::Actor actor, std::string text) {
    return world.run(persons->link(actor, std::move(text), password()));
  }
  void link_both() {
    const auto made = link(ann_elsewhere(), code(ann())->code);
    if (!made) throw std::runtime_error(made.error().text());
  }
  Result<Reasons> set(identity::Actor actor, std::string_view old_one, std::string_view new_one) {
    return world.run(
        world.s->account.set_password(actor, base::Secret(old_one), base::Secret(new_one)));
  }
};

constexpr std::string_view kFirst = "a password of its own";
constexpr std::string_view kSecond = "another one altogether";

TEST_F(PersonsTest, TwoAccountsAreLinkedByACodeOfOneThatTheOtherPresents) {
  const auto made = code(ann());
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_FALSE(persons->linked(world.tenant, world.ann)) << "asking alone links nothing";
  const auto same = link(ann_elsewhere(), made->code);
  ASSERT_TRUE(same) << same.error().text();
  EXPECT_TRUE(*same) << "both test accounts have one password";
  EXPECT_TRUE(persons->linked(world.tenant, world.ann));
  EXPECT_TRUE(persons->linked(other_tenant, other));
  EXPECT_EQ(link(ann_elsewhere(), made->code).error(), Error(kLinkRefused)) << "one use";
  restart();
  EXPECT_TRUE(persons->linked(world.tenant, world.ann));
}

TEST_F(PersonsTest, ACodeIsGoodForTenMinutesForAnotherTenantAndWithThePassword) {
  auto made = code(ann());
  EXPECT_EQ(link(world.actor_of(world.tenant, world.admin), made->code).error(), Error(kLinkSame));
  EXPECT_EQ(link(ann(), made->code).error(), Error(kLinkSame));
  EXPECT_EQ(
      world.run(persons->link(ann_elsewhere(), made->code, password("wrong password"))).error(),
      Error(identity::kPasswordWrong));
  EXPECT_EQ(world.run(persons->link_code(ann(), password("wrong password"))).error(),
            Error(identity::kPasswordWrong));
  EXPECT_EQ(link(ann_elsewhere(), "0000-0000-0000").error(), Error(kLinkRefused));
  EXPECT_EQ(link(ann_elsewhere(), "").error(), Error(kLinkRefused));
  const auto newer = code(ann());
  EXPECT_EQ(link(ann_elsewhere(), made->code).error(), Error(kLinkRefused)) << "replaced";
  world.clock.now_ms += 600'000;
  EXPECT_EQ(link(ann_elsewhere(), newer->code).error(), Error(kLinkRefused)) << "too old";
}

TEST_F(PersonsTest, ACodeDiesWithThePasswordThatItWasAskedWith) {
  const auto made = code(ann());
  ASSERT_TRUE(set(ann(), testing::World::kPassword, kFirst));
  EXPECT_EQ(link(ann_elsewhere(), made->code).error(), Error(kLinkRefused));
}

TEST_F(PersonsTest, ReuseIsWarnedOfOrRefusedAsThePolicySays) {
  link_both();
  ASSERT_EQ(set(ann(), testing::World::kPassword, kFirst), Reasons{});
  EXPECT_EQ(set(ann_elsewhere(), testing::World::kPassword, kFirst), Reasons{"password.reused"})
      << "standard: a warning";
  policy.password.reused = policy::Care::refuse;
  ASSERT_EQ(set(ann_elsewhere(), kFirst, kSecond), Reasons{});
  const auto refused = set(ann_elsewhere(), kSecond, kFirst);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kPasswordReused));
  EXPECT_EQ(refused.error().detail(), "") << "it does not say where";
  policy.password.reused = policy::Care::ignore;
  EXPECT_EQ(set(ann_elsewhere(), kSecond, kFirst), Reasons{});
}

TEST_F(PersonsTest, ReuseIsNoticedAfterARestart) {
  link_both();
  ASSERT_TRUE(set(ann(), testing::World::kPassword, kFirst));
  restart();
  EXPECT_EQ(set(ann_elsewhere(), testing::World::kPassword, kFirst), Reasons{"password.reused"});
}

TEST_F(PersonsTest, StrangersShareNothing) {
  EXPECT_EQ(set(ann(), testing::World::kPassword, kFirst), Reasons{});
  EXPECT_EQ(set(ann_elsewhere(), testing::World::kPassword, kFirst), Reasons{})
      << "the same password of two accounts that nobody linked";
  EXPECT_EQ(world.keys.calls["reuse_mac"], 0) << "no digest is made of who is linked to nobody";
}

TEST_F(PersonsTest, AnAdminWhoSetsAPasswordLearnsNothing) {
  link_both();
  policy.password.reused = policy::Care::refuse;
  ASSERT_TRUE(set(ann_elsewhere(), testing::World::kPassword, kFirst));
  identity::UserChange change;
  change.password = base::Secret(kFirst);
  EXPECT_TRUE(world.run(world.s->administration.change_user(
      world.actor_of(world.tenant, world.admin), world.tenant, world.ann, std::move(change))));
  EXPECT_EQ(set(ann_elsewhere(), kFirst, kFirst).error(), Error(kPasswordReused))
      << "the owner is told when they set one";
}

TEST_F(PersonsTest, AThirdAccountJoinsByACodeOfALinkedOne) {
  const TenantId third_tenant = *world.run(world.s->administration.create_tenant(
      world.actor_of(world.provider, world.root), "third.example"));
  const UserId third = world.make_user(third_tenant, "ann", {});
  const auto there = [&] { return world.actor_of(third_tenant, third); };
  link_both();
  EXPECT_EQ(link(ann(), code(there())->code).error(), Error(kLinkConflict));
  ASSERT_TRUE(link(there(), code(ann())->code));
  ASSERT_TRUE(set(ann_elsewhere(), testing::World::kPassword, kFirst));
  EXPECT_EQ(set(there(), testing::World::kPassword, kFirst), Reasons{"password.reused"});
  ASSERT_TRUE(world.run(persons->unlink(there())));
  EXPECT_FALSE(persons->linked(third_tenant, third));
  EXPECT_EQ(set(there(), kFirst, kFirst), Reasons{});
  restart();
  EXPECT_EQ(set(there(), kFirst, kFirst), Reasons{}) << "taken away is not missing";
}

TEST_F(PersonsTest, TheTrailOfATenantDoesNotNameTheOtherOne) {
  link_both();
  EXPECT_EQ(audited("account.linked"), 2);
  const auto entries = world.run(world.s->trail.read(0, 200));
  for (const auto& entry : *entries) {
    if (entry.content.find("account.linked") == std::string::npos) continue;
    const bool here = entry.tenant == world.tenant;
    EXPECT_EQ(entry.content.find(base::to_text(here ? other_tenant : world.tenant)),
              std::string::npos);
  }
}

TEST_F(PersonsTest, ATamperedLinkRefusesNewPasswords) {
  link_both();
  world.store.find(store::RecordKind::person, world.ann.value).content.back() ^= 1;
  restart();
  EXPECT_TRUE(set(ann(), testing::World::kPassword, kFirst).error().is(identity::kRowRefused));
  EXPECT_TRUE(code(ann()).error().is(identity::kRowRefused));
  EXPECT_TRUE(set(ann_elsewhere(), testing::World::kPassword, kFirst));
}

TEST_F(PersonsTest, NewPasswordsKeepThePolicy) {
  EXPECT_TRUE(set(ann(), testing::World::kPassword, "qwertyuiop").error().is(kPasswordBreached));
  policy.password.length = 30;
  const auto brief = set(ann(), testing::World::kPassword, kFirst);
  EXPECT_TRUE(brief.error().is(identity::kPasswordWeak));
  EXPECT_EQ(brief.error().detail(), "needs at least 30 characters");
  policy.password.length = 10;
  policy.password.breached = policy::Care::warn;
  EXPECT_EQ(set(ann(), testing::World::kPassword, "qwertyuiop"), Reasons{"password.breached"});
  policy.password.breached = policy::Care::refuse;
  identity::NewUser user;
  user.name = "bob";
  user.password = base::Secret(std::string_view("qwertyuiop"));
  EXPECT_EQ(world
                .run(world.s->administration.create_user(world.actor_of(world.tenant, world.admin),
                                                         world.tenant, std::move(user)))
                .error(),
            Error(kPasswordBreached));
}

}  // namespace
}  // namespace conclave::factors
