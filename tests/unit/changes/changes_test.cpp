#include "runtime/changes/changes.hpp"

#include "policies/defaults/defaults.hpp"
#include "policies/document/document.hpp"
#include "runtime/identity/errors.hpp"
#include "tests/unit/changes/fixture.hpp"
#include "tests/unit/policies/weakening.hpp"

// The course of a change: proposed, signed, in force, undone, withdrawn, forgotten.
namespace conclave::changes {
namespace {

TEST_F(ChangesTest, what_only_tightens_holds_at_once) {
  const auto outcome = set(kTwo, officer);
  ASSERT_TRUE(outcome);
  ASSERT_TRUE(outcome->made);
  EXPECT_FALSE(outcome->waits);
  EXPECT_EQ(cap(), 2);
  EXPECT_TRUE(changes->list(officer.actor, world.tenant)->empty());
}

TEST_F(ChangesTest, what_weakens_waits_for_the_tenant_and_the_provider) {
  ASSERT_TRUE(set(kTwo, officer));
  const ChangeId id = proposed(kThree, officer);
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(left(id), "provider, tenant; 2 people");
  const auto first = approve(id, officer);
  ASSERT_TRUE(first && first->waits);
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(left(id), "provider; 1 person");
  const auto last = approve(id, root);
  ASSERT_TRUE(last && last->made);
  EXPECT_EQ(cap(), 3);
  EXPECT_EQ(last->made->by, officer.actor.user);
  EXPECT_EQ(last->made->note, "why");
  EXPECT_EQ(last->made->evidence.approvals.size(), 2U);
  const auto change = changes->find(eye.actor, world.tenant, id);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->state, State::effective);
  EXPECT_EQ(change->became, 2U);
  EXPECT_EQ(change->closed_by, root.actor.user);
}

TEST_F(ChangesTest, everything_survives_a_restart_between_any_two_steps) {
  ASSERT_TRUE(set(kTwo, officer));
  start();
  const ChangeId id = proposed(kThree, officer);
  start();
  EXPECT_EQ(left(id), "provider, tenant; 2 people");
  ASSERT_TRUE(approve(id, officer));
  start();
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(left(id), "provider; 1 person");
  ASSERT_TRUE(approve(id, root));
  start();
  EXPECT_EQ(cap(), 3);
  EXPECT_EQ(left(id), "effective");
  EXPECT_EQ(book->in_force(world.tenant).standing, rules::Standing::set);
}

TEST_F(ChangesTest, rolling_back_waits_only_where_it_weakens) {
  ASSERT_TRUE(set(kTwo, officer));
  ASSERT_TRUE(approve(proposed(kThree, officer), officer));
  ASSERT_TRUE(approve(changes->list(eye.actor, world.tenant)->front().proposal.change, root));
  const auto back = world.run(changes->roll_back(officer.actor, world.tenant, 1, {2, "no", 1'000}));
  ASSERT_TRUE(back && back->made);
  EXPECT_EQ(back->made->copy_of, 1U);
  EXPECT_EQ(cap(), 2);
  const auto again = world.run(changes->roll_back(officer.actor, world.tenant, 2, {3, "", 1'000}));
  ASSERT_TRUE(again && again->waits);
  EXPECT_EQ(again->waits->copy_of, 2U);
  EXPECT_EQ(cap(), 2);
  const ChangeId id = again->waits->proposal.change;
  ASSERT_TRUE(approve(id, second));
  const auto made = approve(id, other);
  ASSERT_TRUE(made && made->made);
  EXPECT_EQ(made->made->copy_of, 2U);
  EXPECT_EQ(cap(), 3);
  const auto none = world.run(changes->roll_back(officer.actor, world.tenant, 9, {4, "", 1'000}));
  EXPECT_EQ(reason_of(none), "policy.version_not_found");
}

TEST_F(ChangesTest, each_field_that_is_weakened_is_held_back) {
  for (const policy::Field& field : policy::fields()) {
    const auto pair = policy::weakening_of(field);
    if (!pair) {
      EXPECT_EQ(field.order, policy::Order::none) << field.name();
      continue;
    }
    const auto text = [](const policy::Policy& policy) {
      return policy::write_toml(policy, policy::Comments::none);
    };
    auto outcome = set(text(pair->first), officer);
    ASSERT_TRUE(outcome) << field.name() << outcome.error().text();
    if (outcome->waits) {
      const ChangeId id = outcome->waits->proposal.change;
      for (const Someone* each : {&officer, &root, &ann, &bob}) (void)approve(id, *each);
      ASSERT_EQ(left(id), "effective") << field.name();
    }
    const std::string in_force = text(book->of(world.tenant));
    ASSERT_EQ(in_force, text(pair->first)) << field.name();
    outcome = set(text(pair->second), officer);
    ASSERT_TRUE(outcome && outcome->waits) << field.name();
    const ChangeId id = outcome->waits->proposal.change;
    EXPECT_TRUE(outcome->waits->proposal.effect.weakens) << field.name();
    ASSERT_TRUE(approve(id, officer)) << field.name();
    EXPECT_EQ(text(book->of(world.tenant)), in_force) << field.name();
    ASSERT_TRUE(world.run(changes->withdraw(officer.actor, world.tenant, id))) << field.name();
  }
}

TEST_F(ChangesTest, two_people_of_one_side_are_not_both_sides) {
  ASSERT_TRUE(set(kTwo, officer));
  const ChangeId id = proposed(kThree, officer);
  ASSERT_TRUE(approve(id, officer));
  ASSERT_TRUE(approve(id, second));
  EXPECT_EQ(left(id), "provider");
  EXPECT_EQ(cap(), 2);
  ASSERT_TRUE(approve(id, other));
  EXPECT_EQ(cap(), 3);
}

TEST_F(ChangesTest, one_person_counts_once) {
  ASSERT_TRUE(set(kTwo, officer));
  const ChangeId id = proposed(kThree, officer);
  ASSERT_TRUE(approve(id, officer));
  EXPECT_EQ(reason_of(approve(id, officer)), "change.signed");
  EXPECT_EQ(left(id), "provider; 1 person");
}

TEST_F(ChangesTest, the_provider_stands_for_a_tenant_without_security_admins_but_two_people_must) {
  const TenantId empty =
      *world.run(world.s->administration.create_tenant(root.actor, "empty.example"));
  const auto tight =
      world.run(changes->set(root.actor, empty, std::string(kTwo), {0, "", kUsualLife_ms}));
  ASSERT_TRUE(tight && tight->made);
  const auto wide =
      world.run(changes->set(root.actor, empty, std::string(kThree), {1, "", kUsualLife_ms}));
  ASSERT_TRUE(wide && wide->waits);
  const ChangeId id = wide->waits->proposal.change;
  const Bytes& document = wide->waits->evidence.proposal;
  const auto one = world.run(
      changes->approve(root.actor, empty, id, rules::testing::signed_by(root.device, document)));
  ASSERT_TRUE(one && one->waits);
  EXPECT_EQ(policy::to_text(changes->missing(*one->waits)), "1 person");
  const auto two = world.run(
      changes->approve(other.actor, empty, id, rules::testing::signed_by(other.device, document)));
  ASSERT_TRUE(two && two->made);
}

TEST_F(ChangesTest, users_sign_what_a_field_asks_them) {
  const ChangeId id = proposed(kKept, officer);
  EXPECT_EQ(left(id), "provider, tenant, users; 2 people; 2 users");
  ASSERT_TRUE(approve(id, officer));
  ASSERT_TRUE(approve(id, root));
  EXPECT_EQ(left(id), "users; 2 users");
  ASSERT_TRUE(approve(id, ann));
  EXPECT_EQ(left(id), "1 user");
  const auto last = approve(id, bob);
  ASSERT_TRUE(last && last->made);
  EXPECT_EQ(book->of(world.tenant).location.fix_days, 30);
}

TEST_F(ChangesTest, people_see_the_changes_that_ask_them_and_no_others) {
  ASSERT_TRUE(set(kTwo, officer));
  const ChangeId caps = proposed(kThree, officer);
  EXPECT_TRUE(changes->list(ann.actor, world.tenant)->empty());
  EXPECT_EQ(reason_of(changes->find(ann.actor, world.tenant, caps)), "change.not_found");
  EXPECT_EQ(reason_of(approve(caps, ann)), "change.not_found");
  EXPECT_EQ(reason_of(approve(caps, eye)), "change.role");
  ASSERT_TRUE(world.run(changes->withdraw(second.actor, world.tenant, caps)));
  const ChangeId asks = proposed("[devices]\ncap = 2\n[location]\nfix_days = 30\n", officer);
  EXPECT_EQ(changes->list(ann.actor, world.tenant)->size(), 1U);
  EXPECT_TRUE(changes->find(ann.actor, world.tenant, asks));
  EXPECT_EQ(changes->list(eye.actor, world.tenant)->size(), 2U);
  const Actor stranger{world.provider, UserId{9}, {}, {}, {}};
  EXPECT_EQ(reason_of(changes->list(stranger, world.tenant)), "tenant.not_found");
  EXPECT_EQ(reason_of(changes->find(stranger, world.tenant, asks)), "tenant.not_found");
}

TEST_F(ChangesTest, only_whoever_may_set_a_policy_proposes_plans_and_withdraws) {
  ASSERT_TRUE(set(kTwo, officer));
  const ChangeId id = proposed(kThree, officer);
  for (const Someone* by : {&eye, &ann}) {
    EXPECT_EQ(reason_of(set(kThree, *by)), "role.missing");
    EXPECT_EQ(reason_of(changes->plan(by->actor, world.tenant, std::string(kThree))),
              "role.missing");
    EXPECT_EQ(reason_of(world.run(changes->withdraw(by->actor, world.tenant, id))), "role.missing");
    EXPECT_EQ(reason_of(world.run(
                  changes->roll_back(by->actor, world.tenant, 1, {1, "", kUsualLife_ms}))),
              "role.missing");
  }
  ASSERT_TRUE(world.run(changes->withdraw(other.actor, world.tenant, id)));
  EXPECT_EQ(left(id), "withdrawn");
  EXPECT_EQ(reason_of(world.run(changes->withdraw(officer.actor, world.tenant, id))),
            "change.state");
  EXPECT_EQ(reason_of(approve(id, officer)), "change.state");
  start();
  EXPECT_EQ(left(id), "withdrawn");
}

TEST_F(ChangesTest, a_plan_tells_what_a_change_does_and_does_nothing) {
  ASSERT_TRUE(set(kTwo, officer));
  const auto plan = changes->plan(officer.actor, world.tenant, std::string(kThree));
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->waits);
  ASSERT_EQ(plan->draft.changes.size(), 1U);
  EXPECT_EQ(plan->draft.changes[0].field->name(), "devices.cap");
  EXPECT_EQ(policy::to_text(plan->quorum), "provider, tenant; 2 people");
  const auto tight = changes->plan(officer.actor, world.tenant, "[devices]\ncap = 1\n");
  ASSERT_TRUE(tight);
  EXPECT_FALSE(tight->waits);
  EXPECT_EQ(reason_of(changes->plan(officer.actor, world.tenant, "[devices]\ncaps = 1\n")),
            "policy.invalid");
  EXPECT_EQ(cap(), 2);
  EXPECT_TRUE(changes->list(officer.actor, world.tenant)->empty());
}

TEST_F(ChangesTest, whoever_read_an_older_version_does_not_propose_over_a_newer_one) {
  ASSERT_TRUE(set(kTwo, officer));
  const auto late = world.run(
      changes->set(officer.actor, world.tenant, std::string(kThree), {0, "", kUsualLife_ms}));
  EXPECT_EQ(reason_of(late), "policy.conflict");
  EXPECT_EQ(reason_of(set("[devices]\ncap = 0\n", officer)), "policy.invalid");
}

TEST_F(ChangesTest, one_signature_is_enough_where_the_installation_says_so) {
  persons = 1;
  start();
  ASSERT_TRUE(set(kTwo, officer));
  const ChangeId id = proposed(kThree, root);
  EXPECT_EQ(left(id), "tenant; 1 person");
  EXPECT_EQ(reason_of(approve(id, eye)), "change.role");
  const auto made = approve(id, root);
  ASSERT_TRUE(made && made->made);
  // What was signed then holds under another configuration too; new changes ask for more.
  persons = 3;
  start();
  EXPECT_EQ(cap(), 3);
  const ChangeId more = proposed("[devices]\ncap = 4\n", officer);
  EXPECT_EQ(left(more), "provider, tenant; 3 people");
}

TEST_F(ChangesTest, a_limited_number_waits_and_a_limited_number_is_remembered) {
  ASSERT_TRUE(set(kTwo, officer));
  std::vector<ChangeId> ids;
  for (int i = 0; i < 16; ++i) ids.push_back(proposed(kThree, officer));
  EXPECT_EQ(reason_of(set(kThree, officer)), "change.too_many");
  for (int i = 0; i < 110; ++i) {
    ++world.clock.now_ms;
    ASSERT_TRUE(world.run(changes->withdraw(officer.actor, world.tenant, ids.front())));
    ids.erase(ids.begin());
    ids.push_back(proposed(kThree, officer));
  }
  // Sixteen wait; of those that are over a hundred are kept, the next to close among them.
  EXPECT_EQ(changes->list(officer.actor, world.tenant)->size(), 115U);
  start();
  EXPECT_EQ(changes->list(officer.actor, world.tenant)->size(), 115U);
}

TEST_F(ChangesTest, a_deleted_tenant_takes_its_changes_along) {
  ASSERT_TRUE(set(kTwo, officer));
  const ChangeId id = proposed(kThree, officer);
  ASSERT_TRUE(world.run(world.s->administration.delete_tenant(root.actor, world.tenant)));
  EXPECT_EQ(reason_of(changes->find(root.actor, world.tenant, id)), "tenant.not_found");
  world.clock.now_ms += kLongestLife_ms;
  world.run_void(changes->upkeep());
  start();
  EXPECT_EQ(book->refused(), 0U);
}

}  // namespace
}  // namespace conclave::changes
