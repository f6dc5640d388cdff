#include "runtime/rules/book.hpp"

#include <gtest/gtest.h>

#include "hsm/api/errors.hpp"
#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/rules/errors.hpp"
#include "tests/unit/identity/fixture.hpp"
#include "tests/unit/rules/signing.hpp"

// Policies over real rows of power: identity's writer and trail, fakes of store and token.
namespace conclave::rules {
namespace {

using identity::Actor;
using identity::Role;
using identity::testing::World;
using store::RecordKind;

constexpr std::string_view kTwo = "base = \"open\"\n[devices]\ncap = 2\n";
constexpr std::string_view kThree = "base = \"open\"\n[devices]\ncap = 3\n";

class BookTest : public ::testing::Test {
 protected:
  BookTest() {
    officer = actor(world.make_user(world.tenant, "officer", {Role::security_admin}));
    auditor = actor(world.make_user(world.tenant, "eye", {Role::auditor}));
    start();
  }

  [[nodiscard]] Actor actor(UserId user) const { return world.actor_of(world.tenant, user); }

  // A restart that keeps only the store.
  void start() {
    book.reset();
    world.restart();
    book = std::make_unique<Book>(
        Book::Parts{world.s->directory, world.s->writer, world.keys, world.clock, "standard"});
    std::vector<store::Record> records;
    for (const auto& [key, row] : world.store.records) records.push_back(row);
    auto rows = world.run(identity::check_rows(std::move(records), world.keys, &world.s->trail));
    ASSERT_TRUE(rows);
    ASSERT_TRUE(world.run(book->load(*rows)));
  }

  // As whoever may, signed where it has to be.
  Result<Version> set(std::string_view document, std::uint64_t expected, std::string note = "why",
                      std::uint64_t copy_of = 0) {
    auto draft = book->draft(world.tenant, std::string(document), std::move(note));
    if (!draft) return std::unexpected(draft.error());
    draft->replaces = expected;
    draft->version.copy_of = copy_of;
    draft->version.by = officer.user;
    draft->version.by_tenant = officer.tenant;
    if (policy::waits(draft->version.effect)) {
      const auto proposal = testing::proposal_of(*draft, world.clock.now_ms);
      draft->version.evidence = testing::evidence_of(proposal, laptop);
    }
    return world.run(book->put(officer, *draft, {}));
  }
  Result<Version> roll_back(std::uint64_t number, std::uint64_t expected, std::string note) {
    const auto old = book->document(officer, world.tenant, number);
    if (!old) return std::unexpected(old.error());
    return set(old->document, expected, std::move(note), number);
  }
  [[nodiscard]] policy::Number cap() const { return book->of(world.tenant).devices.cap; }
  [[nodiscard]] Standing standing() const { return book->in_force(world.tenant).standing; }
  [[nodiscard]] bool strict() const {
    const auto& strict = *policy::shipped_policy("strict");
    return standing() == Standing::refused &&
           policy::write_toml(book->of(world.tenant), policy::Comments::none) ==
               policy::write_toml(strict, policy::Comments::none);
  }

  store::Record& row(std::uint64_t number) {
    return world.store.records.at({RecordKind::policy, world.tenant.value, kPolicySlot, number});
  }
  void take_away(std::uint64_t number) {
    world.store.records.erase({RecordKind::policy, world.tenant.value, kPolicySlot, number});
  }

  World world;
  testing::TestDevice laptop;
  Actor officer;
  Actor auditor;
  std::unique_ptr<Book> book;
};

TEST_F(BookTest, a_tenant_without_a_policy_has_the_configured_one) {
  EXPECT_EQ(standing(), Standing::shipped);
  EXPECT_EQ(book->version(world.tenant), 0U);
  EXPECT_EQ(book->in_force(world.tenant).base, "standard");
  EXPECT_EQ(&book->of(world.tenant), policy::shipped_policy("standard"));
  EXPECT_EQ(&book->of(TenantId{1}), policy::shipped_policy("standard"));
}

TEST_F(BookTest, what_is_set_holds_at_once_and_after_a_restart) {
  const auto made = set(kTwo, 0);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->number, 1U);
  EXPECT_EQ(made->document, kTwo);
  EXPECT_TRUE(made->effect.weakens);  // open instead of standard
  EXPECT_EQ(cap(), 2);
  start();
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(standing(), Standing::set);
  EXPECT_EQ(book->version(world.tenant), 1U);
  EXPECT_EQ(book->refused(), 0U);
  EXPECT_EQ(book->of(world.provider).devices.cap, policy::shipped_policy("standard")->devices.cap);
}

TEST_F(BookTest, whoever_read_an_older_version_does_not_overwrite) {
  ASSERT_TRUE(set(kTwo, 0));
  const auto late = set(kThree, 0);
  ASSERT_FALSE(late);
  EXPECT_TRUE(late.error().is(kPolicyConflict));
  EXPECT_EQ(late.error().detail(), "1");
  EXPECT_EQ(cap(), 2);
  EXPECT_TRUE(set(kThree, 1));
  EXPECT_EQ(cap(), 3);
}

TEST_F(BookTest, a_wrong_document_is_refused_with_its_lines_and_changes_nothing) {
  ASSERT_TRUE(set(kTwo, 0));
  const auto wrong = set("[devices]\ncap = \"two\"\ncaps = 3\n", 1);
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().is(kPolicyInvalid));
  EXPECT_NE(wrong.error().detail().find("line 2: devices.cap: "), std::string::npos);
  EXPECT_NE(wrong.error().detail().find("line 3: devices.caps: "), std::string::npos);
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(book->version(world.tenant), 1U);
}

TEST_F(BookTest, rules_that_contradict_each_other_are_refused) {
  const auto wrong = set("[network]\nmandatory_vpn = true\n", 0);
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().is(kPolicyInvalid));
  EXPECT_NE(wrong.error().detail().find("line 2: "), std::string::npos) << wrong.error().detail();
}

TEST_F(BookTest, too_long_a_document_and_a_note_of_several_lines_are_refused) {
  EXPECT_TRUE(set(std::string(kMaxDocument + 1, '#'), 0).error().is(kPolicyInvalid));
  EXPECT_TRUE(set(std::string(kMaxDocument, '#'), 0));
  for (const std::string& note :
       {std::string("a\nb"), std::string(kMaxNote + 1, 'x'), std::string("\xff")}) {
    const auto refused = set(kTwo, 1, note);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kPolicyInvalid));
  }
}

TEST_F(BookTest, only_security_admins_and_the_provider_may_write_a_policy) {
  const Actor root = world.actor_of(world.provider, world.root);
  const Actor stranger{world.provider, UserId{9}, {}, {}, {Role::security_admin}};
  for (const Actor& by : {actor(world.admin), actor(world.ann), auditor}) {
    EXPECT_TRUE(book->may_write(by, world.tenant).error().is(identity::kDenied));
  }
  EXPECT_TRUE(book->may_write(stranger, world.tenant).error().is(identity::kTenantNotFound));
  EXPECT_TRUE(book->may_write(root, world.tenant));
  EXPECT_TRUE(book->may_write(officer, world.tenant));
}

TEST_F(BookTest, auditors_read_and_others_do_not) {
  ASSERT_TRUE(set(kTwo, 0));
  EXPECT_TRUE(book->history(auditor, world.tenant));
  EXPECT_EQ(book->document(auditor, world.tenant, 1)->document, kTwo);
  EXPECT_TRUE(book->history(actor(world.ann), world.tenant).error().is(identity::kDenied));
  EXPECT_TRUE(book->document(actor(world.ann), world.tenant, 1).error().is(identity::kDenied));
  EXPECT_TRUE(book->document(auditor, world.tenant, 2).error().is(kVersionNotFound));
}

TEST_F(BookTest, rolling_back_makes_a_new_version_of_the_old_document) {
  ASSERT_TRUE(set(kTwo, 0));
  ASSERT_TRUE(set(kThree, 1));
  const auto back = roll_back(1, 2, "three was one more");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->number, 3U);
  EXPECT_EQ(back->copy_of, 1U);
  EXPECT_TRUE(back->effect.tightens);
  EXPECT_EQ(cap(), 2);
  start();
  EXPECT_EQ(cap(), 2);
  const auto listed = book->history(officer, world.tenant);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 3U);
  EXPECT_EQ(listed->front().number, 3U);
  EXPECT_TRUE(listed->front().in_force);
  EXPECT_EQ(listed->front().copy_of, 1U);
  EXPECT_EQ(listed->front().note, "three was one more");
  EXPECT_FALSE(listed->back().in_force);
}

TEST_F(BookTest, a_version_that_weakens_does_not_come_into_force_without_its_signatures) {
  ASSERT_TRUE(set(kTwo, 0));
  auto draft = book->draft(world.tenant, std::string(kThree), {});
  ASSERT_TRUE(draft);
  draft->version.by = officer.user;
  draft->version.by_tenant = officer.tenant;
  EXPECT_TRUE(world.run(book->put(officer, *draft, {})).error().is(kChangeUnsigned));
  const auto proposal = testing::proposal_of(*draft, world.clock.now_ms);

  struct Wrong {
    std::string_view what;
    std::function<void(policy::Proposal&)> act;
  };
  const Wrong wrongs[] = {
      {"another tenant", [](auto& it) { it.tenant = TenantId{9}; }},
      {"another document", [](auto& it) { it.new_digest[0] ^= 1; }},
      {"another old document", [](auto& it) { it.old_digest[0] ^= 1; }},
      {"another old version", [](auto& it) { it.old_version = 0; }},
      {"another class", [](auto& it) { it.effect.moves_trust = !it.effect.moves_trust; }},
      {"another author", [](auto& it) { it.by = UserId{9}; }},
      {"another kind", [](auto& it) { it.kind = "link"; }},
      {"expired",
       [&](auto& it) {
         it.expires_ms = world.clock.now_ms;
         it.proposed_ms -= 9;
       }},
      {"more people", [](auto& it) { it.quorum.persons = 2; }},
      {"the provider too", [](auto& it) { it.quorum.parties.add(policy::Party::provider); }},
  };
  for (const Wrong& wrong : wrongs) {
    policy::Proposal other = proposal;
    wrong.act(other);
    draft->version.evidence = testing::evidence_of(other, laptop);
    EXPECT_TRUE(world.run(book->put(officer, *draft, {})).error().is(kChangeUnsigned))
        << wrong.what;
  }
  // The signature of one change under another.
  policy::Proposal other = proposal;
  other.change = ChangeId{78};
  draft->version.evidence = {policy::encode(other), {testing::approval_by(laptop, proposal)}};
  EXPECT_TRUE(world.run(book->put(officer, *draft, {})).error().is(kChangeUnsigned));
  EXPECT_EQ(cap(), 2);
  draft->version.evidence = testing::evidence_of(proposal, laptop);
  EXPECT_TRUE(world.run(book->put(officer, *draft, {})));
  EXPECT_EQ(cap(), 3);
}

// The token vouches for the row, and still its signatures are looked at.
TEST_F(BookTest, signatures_are_checked_again_at_every_start) {
  ASSERT_TRUE(set(kTwo, 0));
  ASSERT_TRUE(set(kThree, 1));
  start();
  ASSERT_EQ(cap(), 3);
  const store::Record sound = row(2);
  auto sealed = decode(sound);
  ASSERT_TRUE(sealed);
  const auto as_row = [&](const SealedVersion& version) {
    store::Record out = encode(version);
    world.keys.mac_rows({out.content},
                        [&](const Result<std::vector<Bytes>>& macs) { out.mac = macs->front(); });
    return out;
  };
  SealedVersion bent = *sealed;
  bent.version.evidence.approvals.front().signature.front() ^= 1;
  row(2) = as_row(bent);
  start();
  EXPECT_TRUE(strict());
  EXPECT_NE(book->in_force(world.tenant).why.find("signatures"), std::string::npos);
  bent.version.evidence = {};
  row(2) = as_row(bent);
  start();
  EXPECT_TRUE(strict());
  row(2) = as_row(*sealed);
  start();
  EXPECT_EQ(cap(), 3);
}

TEST_F(BookTest, the_hook_is_told_after_the_change) {
  std::vector<policy::Number> seen;
  book->on_change([&](TenantId tenant) {
    EXPECT_EQ(tenant, world.tenant);
    seen.push_back(cap());
  });
  ASSERT_TRUE(set(kTwo, 0));
  ASSERT_FALSE(set("nonsense", 1));
  ASSERT_FALSE(set(kThree, 0));
  EXPECT_EQ(seen, std::vector<policy::Number>{2});
}

TEST_F(BookTest, a_store_that_refuses_leaves_the_policy_as_it_was) {
  ASSERT_TRUE(set(kTwo, 0));
  world.store.read_only = true;
  EXPECT_FALSE(set(kThree, 1));
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(book->version(world.tenant), 1U);
  world.store.read_only = false;
  EXPECT_TRUE(set(kThree, 1));
}

TEST_F(BookTest, a_changed_row_makes_the_tenant_strict) {
  ASSERT_TRUE(set(kTwo, 0));
  auto& content = row(1).content;
  *(content.end() - 2) ^= 1;
  start();
  EXPECT_TRUE(strict());
  EXPECT_EQ(book->refused(), 1U);
  EXPECT_EQ(book->in_force(world.tenant).why, "version 1: mac");
  EXPECT_TRUE(book->document(officer, world.tenant, 1).error().is(kVersionNotFound));
}

TEST_F(BookTest, a_newest_row_that_is_gone_makes_the_tenant_strict) {
  ASSERT_TRUE(set(kThree, 0));
  ASSERT_TRUE(set(kTwo, 1));
  take_away(2);
  start();
  EXPECT_TRUE(strict());
  EXPECT_EQ(book->in_force(world.tenant).why, "version 2: missing");
  EXPECT_EQ(book->version(world.tenant), 2U);
}

TEST_F(BookTest, an_older_row_under_the_newest_number_makes_the_tenant_strict) {
  ASSERT_TRUE(set(kThree, 0));
  ASSERT_TRUE(set(kTwo, 1));
  row(2).content = row(1).content;
  row(2).mac = row(1).mac;
  start();
  EXPECT_TRUE(strict());
  EXPECT_EQ(book->in_force(world.tenant).why, "version 2: place");
}

TEST_F(BookTest, a_row_that_somebody_invented_changes_nothing) {
  ASSERT_TRUE(set(kTwo, 0));
  store::Record invented = row(1);
  invented.sub = ~std::uint64_t{0};
  world.store.records[{RecordKind::policy, world.tenant.value, kPolicySlot, invented.sub}] =
      invented;
  start();
  EXPECT_EQ(standing(), Standing::set);
  EXPECT_EQ(cap(), 2);
  EXPECT_TRUE(set(kThree, 1));
}

TEST_F(BookTest, a_broken_older_version_is_shown_and_does_not_come_back) {
  ASSERT_TRUE(set(kThree, 0));
  ASSERT_TRUE(set(kTwo, 1));
  row(1).mac[0] ^= 1;
  start();
  EXPECT_EQ(standing(), Standing::set);
  EXPECT_EQ(cap(), 2);
  const auto listed = book->history(officer, world.tenant);
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ(listed->back().refused, "mac");
  EXPECT_FALSE(roll_back(1, 2, {}));
}

TEST_F(BookTest, an_admin_mends_it_for_good) {
  ASSERT_TRUE(set(kThree, 0));
  ASSERT_TRUE(set(kTwo, 1));
  const store::Record old = row(2);
  row(2).mac[0] ^= 1;
  start();
  ASSERT_TRUE(strict());
  EXPECT_TRUE(set(kTwo, 1).error().is(kPolicyConflict));
  const auto mended = set(kTwo, 2);
  ASSERT_TRUE(mended);
  EXPECT_EQ(mended->number, 3U);
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(book->refused(), 0U);
  start();
  EXPECT_EQ(standing(), Standing::set);
  EXPECT_EQ(cap(), 2);
  // What was refused stays away, even as it once was.
  world.store.records[{RecordKind::policy, world.tenant.value, kPolicySlot, 2}] = old;
  start();
  EXPECT_EQ(standing(), Standing::set);
  EXPECT_EQ(book->history(officer, world.tenant)->size(), 2U);
}

TEST_F(BookTest, the_store_shows_nobody_what_admins_wrote) {
  ASSERT_TRUE(set(kTwo, 0));
  const std::string_view content = base::as_text(row(1).content);
  EXPECT_EQ(content.find("devices"), std::string_view::npos);
  EXPECT_EQ(content.find("why"), std::string_view::npos);
}

TEST_F(BookTest, a_start_without_the_token_waits_for_it) {
  ASSERT_TRUE(set(kTwo, 0));
  std::vector<store::Record> records;
  for (const auto& [key, row] : world.store.records) records.push_back(row);
  auto rows = world.run(identity::check_rows(std::move(records), world.keys, &world.s->trail));
  ASSERT_TRUE(rows);
  world.keys.broken = &hsm::api::kTokenUnavailable;
  EXPECT_FALSE(world.run(book->load(*rows)));
  world.keys.broken = nullptr;
  EXPECT_TRUE(world.run(book->load(*rows)));
  EXPECT_EQ(cap(), 2);
}

TEST_F(BookTest, a_hundred_versions_are_kept) {
  for (std::uint64_t i = 0; i < 103; ++i) ASSERT_TRUE(set(i % 2 == 0 ? kTwo : kThree, i));
  const auto check = [&] {
    const auto listed = book->history(officer, world.tenant);
    ASSERT_EQ(listed->size(), 100U);
    EXPECT_EQ(listed->front().number, 103U);
    EXPECT_EQ(listed->back().number, 4U);
    EXPECT_EQ(standing(), Standing::set);
  };
  check();
  start();
  check();
}

TEST_F(BookTest, a_deleted_tenant_leaves_nothing_behind) {
  ASSERT_TRUE(set(kTwo, 0));
  const Actor root = world.actor_of(world.provider, world.root);
  ASSERT_TRUE(world.run(world.s->administration.delete_tenant(root, world.tenant)));
  EXPECT_TRUE(set(kThree, 1).error().is(kPolicyConflict));
  start();
  EXPECT_EQ(standing(), Standing::shipped);
  EXPECT_EQ(book->refused(), 0U);
}

}  // namespace
}  // namespace conclave::rules
