#include "runtime/authorities/authorities.hpp"

#include <gtest/gtest.h>

#include "runtime/authorities/errors.hpp"
#include "runtime/identity/errors.hpp"
#include "tests/unit/authorities/minted.hpp"
#include "tests/unit/identity/fixture.hpp"

// Authorities over real rows of power: identity's writer and trail, fakes of store and token.
namespace conclave::authorities {
namespace {

using identity::Actor;
using identity::Role;
using identity::testing::World;
using store::RecordKind;
using testing::chain_of;
using testing::kDayMs;
using testing::kNowMs;
using testing::mint;
using testing::mint_list;
using testing::mint_root;
using testing::Minted;

class AuthoritiesTest : public ::testing::Test {
 protected:
  AuthoritiesTest() {
    world.clock.now_ms = kNowMs;
    officer = actor(world.make_user(world.tenant, "officer", {Role::security_admin}));
    auditor = actor(world.make_user(world.tenant, "eye", {Role::auditor}));
    start();
  }

  [[nodiscard]] Actor actor(UserId user) const { return world.actor_of(world.tenant, user); }

  // A restart that keeps only the store.
  void start() {
    kept.reset();
    world.restart();
    kept = std::make_unique<Authorities>(Authorities::Parts{world.s->directory, world.s->writer,
                                                            world.clock, base::system_random()});
    kept->on_change([this](TenantId tenant) { changed.push_back(tenant); });
    std::vector<store::Record> records;
    for (const auto& [key, row] : world.store.records) records.push_back(row);
    auto rows = world.run(identity::check_rows(std::move(records), world.keys, &world.s->trail));
    ASSERT_TRUE(rows);
    kept->load(*rows);
  }

  Result<Described> add(const Minted& authority, const std::string& list = {}) {
    return world.run(kept->add(officer, world.tenant, authority.pem(), list));
  }
  [[nodiscard]] bool proven(const Minted& shown, TenantId tenant) const {
    const auto judged = kept->judge(tenant, chain_of({&shown}));
    return judged && judged->verdict == Verdict::proven;
  }
  [[nodiscard]] bool proven(const Minted& shown) const { return proven(shown, world.tenant); }
  store::Record& row(AuthorityId id) {
    return world.store.records.at({RecordKind::authority, world.tenant.value, id.value, 0});
  }

  World world;
  Actor officer;
  Actor auditor;
  std::unique_ptr<Authorities> kept;
  std::vector<TenantId> changed;
  Minted root = mint_root();
  Minted leaf = mint({}, &root);
};

TEST_F(AuthoritiesTest, without_one_no_certificate_is_looked_at) {
  EXPECT_FALSE(kept->judge(world.tenant, chain_of({&leaf})));
  EXPECT_TRUE(kept->list(officer, world.tenant).value().empty());
}

TEST_F(AuthoritiesTest, what_is_added_counts_at_once_and_after_a_restart) {
  const auto made = add(root);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->subject, "CN=root");
  EXPECT_EQ(made->fingerprint.size(), 64U);
  EXPECT_EQ(made->list_until_ms, 0);
  EXPECT_TRUE(proven(leaf));
  EXPECT_EQ(changed, std::vector{world.tenant});
  EXPECT_FALSE(kept->judge(world.tenant, nullptr));
  start();
  EXPECT_TRUE(proven(leaf));
  EXPECT_EQ(kept->judge(world.tenant, chain_of({&leaf}))->authority, made->id);
}

TEST_F(AuthoritiesTest, counts_in_its_own_tenant_only) {
  ASSERT_TRUE(add(root));
  EXPECT_FALSE(proven(leaf, world.provider));
}

TEST_F(AuthoritiesTest, what_is_removed_counts_no_more) {
  const auto made = add(root);
  ASSERT_TRUE(made);
  ASSERT_TRUE(world.run(kept->remove(officer, world.tenant, made->id)));
  EXPECT_FALSE(proven(leaf));
  EXPECT_EQ(changed.size(), 2U);
  EXPECT_TRUE(
      world.run(kept->remove(officer, world.tenant, made->id)).error().is(kAuthorityNotFound));
  start();
  EXPECT_FALSE(proven(leaf));
}

TEST_F(AuthoritiesTest, what_was_proven_is_asked_anew_when_it_runs_out_or_the_clock_is_set_back) {
  ASSERT_TRUE(add(root));
  const Minted brief = mint({.from_days = -1, .until_days = 2}, &root);
  EXPECT_TRUE(proven(brief));
  EXPECT_TRUE(proven(brief));
  world.clock.now_ms += 3 * kDayMs;
  EXPECT_FALSE(proven(brief));
  world.clock.now_ms -= 3 * kDayMs;
  EXPECT_TRUE(proven(brief));
  world.clock.now_ms -= 5 * kDayMs;
  EXPECT_FALSE(proven(brief));
}

TEST_F(AuthoritiesTest, a_row_that_was_removed_does_not_come_back) {
  const auto made = add(root);
  ASSERT_TRUE(made);
  const store::Record old = row(made->id);
  ASSERT_TRUE(world.run(kept->remove(officer, world.tenant, made->id)));
  world.store.records[{RecordKind::authority, world.tenant.value, made->id.value, 0}] = old;
  start();
  EXPECT_FALSE(proven(leaf));
  // The next change takes it away.
  ASSERT_TRUE(add(mint_root("other")));
  EXPECT_FALSE(
      world.store.records.contains({RecordKind::authority, world.tenant.value, made->id.value, 0}));
}

TEST_F(AuthoritiesTest, a_row_that_was_changed_lets_nobody_in) {
  const auto made = add(root);
  ASSERT_TRUE(made);
  row(made->id).content.back() ^= 1;
  start();
  EXPECT_FALSE(proven(leaf));
  EXPECT_TRUE(kept->list(officer, world.tenant).value().empty());
  EXPECT_TRUE(add(root));
  EXPECT_TRUE(proven(leaf));
}

TEST_F(AuthoritiesTest, an_older_revocation_list_cannot_be_put_back) {
  const Minted gone = mint({.serial = 8}, &root);
  const auto made = add(root, mint_list(root, {.from_days = -2}));
  ASSERT_TRUE(made);
  EXPECT_TRUE(proven(gone));
  const store::Record old = row(made->id);
  const auto set =
      world.run(kept->set_list(officer, world.tenant, made->id, mint_list(root, {.serials = {8}})));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->revoked, 1U);
  EXPECT_EQ(set->list_until_ms, kNowMs + 7 * kDayMs);
  EXPECT_FALSE(proven(gone));
  EXPECT_TRUE(proven(leaf));
  const auto back = world.run(
      kept->set_list(officer, world.tenant, made->id, mint_list(root, {.from_days = -2})));
  ASSERT_FALSE(back);
  EXPECT_TRUE(back.error().is(kAuthorityInvalid));
  // Nor behind the server's back.
  row(made->id) = old;
  start();
  EXPECT_FALSE(proven(gone));
  EXPECT_FALSE(proven(leaf));
}

TEST_F(AuthoritiesTest, the_list_may_be_taken_away) {
  const Minted gone = mint({.serial = 8}, &root);
  const auto made = add(root, mint_list(root, {.serials = {8}}));
  ASSERT_TRUE(made);
  EXPECT_FALSE(proven(gone));
  ASSERT_TRUE(world.run(kept->set_list(officer, world.tenant, made->id, {})));
  EXPECT_TRUE(proven(gone));
}

TEST_F(AuthoritiesTest, refuses_what_is_no_authority_and_changes_nothing) {
  for (const std::string& pem : {std::string("no PEM"), leaf.pem(), root.pem() + root.key_pem()}) {
    const auto refused = world.run(kept->add(officer, world.tenant, pem, {}));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kAuthorityInvalid));
    EXPECT_FALSE(refused.error().detail().empty());
  }
  const auto wrong_list =
      world.run(kept->add(officer, world.tenant, root.pem(), mint_list(mint_root("other"), {})));
  ASSERT_FALSE(wrong_list);
  EXPECT_TRUE(kept->list(officer, world.tenant).value().empty());
  EXPECT_TRUE(changed.empty());
}

TEST_F(AuthoritiesTest, has_eight_of_them_and_each_once) {
  for (std::size_t i = 0; i < kMostAuthorities; ++i) {
    ASSERT_TRUE(add(mint_root("root " + std::to_string(i)))) << i;
  }
  EXPECT_TRUE(add(root).error().is(kAuthorityLimit));
  const auto all = kept->list(auditor, world.tenant);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), kMostAuthorities);
  ASSERT_TRUE(world.run(kept->remove(officer, world.tenant, all->front().id)));
  ASSERT_TRUE(add(root));
  EXPECT_TRUE(add(root).error().is(kAuthorityExists));
}

TEST_F(AuthoritiesTest, security_admins_and_the_provider_change_them_auditors_read) {
  const auto made = add(root);
  ASSERT_TRUE(made);
  for (const Actor& by : {actor(world.admin), actor(world.ann), auditor}) {
    EXPECT_TRUE(world.run(kept->add(by, world.tenant, mint_root("x").pem(), {}))
                    .error()
                    .is(identity::kDenied));
    EXPECT_TRUE(
        world.run(kept->set_list(by, world.tenant, made->id, {})).error().is(identity::kDenied));
    EXPECT_TRUE(world.run(kept->remove(by, world.tenant, made->id)).error().is(identity::kDenied));
  }
  EXPECT_TRUE(kept->list(auditor, world.tenant));
  EXPECT_FALSE(kept->list(actor(world.ann), world.tenant));
  const Actor provider = world.actor_of(world.provider, world.root);
  EXPECT_TRUE(world.run(kept->remove(provider, world.tenant, made->id)));
}

TEST_F(AuthoritiesTest, each_change_stands_in_the_trail_with_its_fingerprint) {
  const std::size_t before = world.store.audit.size();
  const auto made = add(root);
  ASSERT_TRUE(made);
  ASSERT_TRUE(world.run(kept->remove(officer, world.tenant, made->id)));
  EXPECT_EQ(world.store.audit.size(), before + 2);
}

TEST(AuthorityRow, is_read_as_it_was_written_and_nowhere_else) {
  Authority authority;
  authority.tenant = TenantId{5};
  authority.id = AuthorityId{6};
  authority.version = 3;
  authority.certificate = {1, 2, 3};
  authority.revocations = {4, 5};
  authority.changed_ms = 7;
  authority.by = UserId{8};
  authority.by_tenant = TenantId{9};
  store::Record record = encode(authority);
  const auto read = decode(record);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode(*read).content, record.content);
  EXPECT_EQ(read->certificate, authority.certificate);
  EXPECT_EQ(read->revocations, authority.revocations);
  for (const auto& change : std::vector<std::function<void(store::Record&)>>{
           [](auto& r) { r.id = 7; }, [](auto& r) { r.tenant = TenantId{1}; },
           [](auto& r) { r.version = 4; }, [](auto& r) { r.sub = 1; },
           [](auto& r) { r.kind = RecordKind::ban; }, [](auto& r) { r.content.push_back(0); },
           [](auto& r) { r.content.pop_back(); }, [](auto& r) { r.content.clear(); }}) {
    store::Record other = record;
    change(other);
    EXPECT_FALSE(decode(other));
  }
}

}  // namespace
}  // namespace conclave::authorities
