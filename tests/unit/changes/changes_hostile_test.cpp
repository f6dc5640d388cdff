#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"
#include "tests/unit/changes/fixture.hpp"

// Signatures that must not count: replayed, late, of revoked keys, of people who lost their role;
// rows that somebody wrote to; a store that fails.
namespace conclave::changes {
namespace {

class HostileTest : public ChangesTest {
 protected:
  HostileTest() {
    EXPECT_TRUE(set(kTwo, officer));
    id = proposed(kThree, officer);
  }
  void revoke(const Someone& someone) {
    const auto& actor = someone.actor;
    identity::Device device = *world.s->directory.device(actor.tenant, actor.device);
    device.revoked_ms = world.clock.now_ms;
    store_device(std::move(device));
  }
  void store_device(identity::Device device) {
    ++device.version;
    std::vector<store::Record> rows;
    rows.push_back(identity::encode(device));
    ASSERT_TRUE(world.run(world.s->writer.write_quietly(std::move(rows))));
    world.s->directory.put_device(std::move(device), std::nullopt);
  }
  void set_roles(const Someone& someone, identity::RoleSet roles) {
    identity::UserChange change;
    change.roles = roles;
    ASSERT_TRUE(world.run(world.s->administration.change_user(
        root.actor, world.tenant, someone.actor.user, std::move(change))));
  }
  store::Record& row() {
    return world.store.records.at({store::RecordKind::change, world.tenant.value, id.value, 0});
  }
  // As whoever may have rows authenticated.
  void put(const SealedChange& sealed) {
    store::Record out = encode(sealed);
    world.keys.mac_rows({out.content},
                        [&](const Result<std::vector<Bytes>>& macs) { out.mac = macs->front(); });
    row() = out;
  }

  ChangeId id;
};

TEST_F(HostileTest, a_signature_holds_for_its_change_alone) {
  const ChangeId twin = proposed(kThree, officer);  // the same documents, author and tenant
  const Bytes of_twin = signature(twin, root);
  EXPECT_EQ(reason_of(world.run(changes->approve(root.actor, world.tenant, id, of_twin))),
            "change.invalid");
  EXPECT_EQ(reason_of(world.run(changes->approve(root.actor, world.tenant, id, Bytes(64, 1)))),
            "change.invalid");
  EXPECT_EQ(reason_of(world.run(changes->approve(root.actor, world.tenant, id, {}))),
            "change.invalid");
  // Somebody else's signature, too.
  EXPECT_EQ(
      reason_of(world.run(changes->approve(root.actor, world.tenant, id, signature(id, officer)))),
      "change.invalid");
  EXPECT_EQ(left(id), "provider, tenant; 2 people");
  // Nor for one that is told of another tenant.
  EXPECT_EQ(
      reason_of(world.run(changes->approve(root.actor, world.provider, id, signature(id, root)))),
      "change.not_found");
}

TEST_F(HostileTest, nothing_takes_effect_after_it_expired) {
  ASSERT_TRUE(approve(id, officer));
  world.clock.now_ms += kUsualLife_ms - 1;
  EXPECT_EQ(left(id), "provider; 1 person");
  ++world.clock.now_ms;
  EXPECT_EQ(left(id), "expired");
  EXPECT_EQ(reason_of(approve(id, root)), "change.state");
  EXPECT_EQ(cap(), 2);
  world.run_void(changes->upkeep());
  EXPECT_EQ(row().version, 3U);
  world.clock.now_ms -= kUsualLife_ms;  // a clock that goes back wakes nothing up
  EXPECT_EQ(left(id), "expired");
  start();
  EXPECT_EQ(left(id), "expired");
  EXPECT_EQ(reason_of(approve(id, root)), "change.state");
}

TEST_F(HostileTest, a_change_does_not_wait_longer_than_it_may) {
  const auto long_one = world.run(
      changes->set(officer.actor, world.tenant, std::string(kThree), {1, "", kLongestLife_ms * 9}));
  ASSERT_TRUE(long_one && long_one->waits);
  const auto& proposal = long_one->waits->proposal;
  EXPECT_EQ(proposal.expires_ms - proposal.proposed_ms, kLongestLife_ms);
}

TEST_F(HostileTest, the_signature_of_a_revoked_device_counts_no_more) {
  ASSERT_TRUE(approve(id, officer));
  revoke(officer);
  EXPECT_EQ(left(id), "provider, tenant; 2 people");
  ASSERT_TRUE(approve(id, root));
  EXPECT_EQ(left(id), "tenant; 1 person");
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(reason_of(approve(id, officer)), "device.not_found");
  start();
  EXPECT_EQ(left(id), "tenant; 1 person");
  // Their new device signs anew.
  officer.device = TestDevice{};
  enrol(officer, "officer@demo.example");
  const auto made = approve(id, officer);
  ASSERT_TRUE(made && made->made);
  EXPECT_EQ(made->made->evidence.approvals.size(), 2U);
  // What took effect stays so when a device that signed it goes later, by row or for good.
  revoke(officer);
  start();
  EXPECT_EQ(cap(), 3);
  ASSERT_TRUE(
      world.run(world.s->administration.delete_user(root.actor, world.tenant, officer.actor.user)));
  start();
  EXPECT_EQ(cap(), 3);
  EXPECT_EQ(book->refused(), 0U);
}

TEST_F(HostileTest, whoever_lost_the_role_stands_for_nobody) {
  ASSERT_TRUE(approve(id, officer));
  set_roles(officer, {});
  EXPECT_EQ(left(id), "provider, tenant; 2 people");
  ASSERT_TRUE(approve(id, root));
  EXPECT_EQ(left(id), "tenant; 1 person");
  officer.actor.roles = {};
  EXPECT_EQ(reason_of(approve(id, officer)), "change.not_found");
  const auto made = approve(id, second);
  ASSERT_TRUE(made && made->made);
  for (const auto& each : made->made->evidence.approvals) {
    EXPECT_NE(each.user, officer.actor.user);
  }
}

TEST_F(HostileTest, nobody_makes_the_second_person_that_a_change_waits_for) {
  ASSERT_TRUE(approve(id, officer));
  ++world.clock.now_ms;
  world.make_user(world.provider, "made", {Role::provider_admin});
  Someone made;
  enrol(made, "made@provider.local");
  EXPECT_EQ(reason_of(approve(id, made)), "change.role");
  EXPECT_EQ(left(id), "provider; 1 person");
}

TEST_F(HostileTest, what_came_into_force_meanwhile_supersedes_it) {
  ASSERT_TRUE(approve(id, officer));
  ASSERT_TRUE(set("[devices]\ncap = 1\n", officer));
  EXPECT_EQ(left(id), "superseded");
  EXPECT_EQ(reason_of(approve(id, root)), "change.state");
  EXPECT_EQ(cap(), 1);
  world.run_void(changes->upkeep());
  start();
  EXPECT_EQ(left(id), "superseded");
  // The document of before does not wake it up.
  const auto back =
      world.run(changes->roll_back(officer.actor, world.tenant, 1, {2, "", kUsualLife_ms}));
  ASSERT_TRUE(back && back->waits);
  EXPECT_EQ(left(id), "superseded");
}

TEST_F(HostileTest, a_store_that_refuses_the_last_signature_leaves_all_as_it_was) {
  ASSERT_TRUE(approve(id, officer));
  world.store.read_only = true;
  EXPECT_EQ(reason_of(approve(id, root)), "store.read_only");
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(left(id), "provider; 1 person");
  world.store.read_only = false;
  ASSERT_TRUE(approve(id, root));
  EXPECT_EQ(cap(), 3);
}

TEST_F(HostileTest, a_row_that_was_written_to_waits_for_nothing_any_more) {
  ASSERT_TRUE(approve(id, officer));
  row().mac[0] ^= 1;
  start();
  EXPECT_EQ(left(id), "change.not_found");
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(book->in_force(world.tenant).standing, rules::Standing::set);
}

TEST_F(HostileTest, an_older_row_does_not_come_back) {
  const store::Record unsigned_row = row();
  ASSERT_TRUE(world.run(changes->withdraw(officer.actor, world.tenant, id)));
  row() = unsigned_row;
  start();
  EXPECT_EQ(left(id), "change.not_found");
}

TEST_F(HostileTest, signatures_of_waiting_changes_are_checked_at_every_start) {
  ASSERT_TRUE(approve(id, officer));
  auto sealed = decode_change(row());
  ASSERT_TRUE(sealed);
  start();
  EXPECT_EQ(left(id), "provider; 1 person");
  SealedChange bent = *sealed;
  bent.change.evidence.approvals.front().signature.front() ^= 1;
  put(bent);
  start();
  EXPECT_EQ(left(id), "change.not_found");
  // Another document than the one that was signed for.
  bent = *sealed;
  bent.texts.clear();
  put(bent);
  start();
  EXPECT_EQ(left(id), "change.not_found");
  put(*sealed);
  start();
  EXPECT_EQ(left(id), "provider; 1 person");
}

// A row that says "effective" without the version puts nothing into force.
TEST_F(HostileTest, the_end_of_a_change_alone_is_no_policy) {
  auto sealed = decode_change(row());
  ASSERT_TRUE(sealed);
  sealed->change.state = State::effective;
  sealed->change.became = 2;
  put(*sealed);
  start();
  EXPECT_EQ(cap(), 2);
  EXPECT_EQ(book->version(world.tenant), 1U);
}

}  // namespace
}  // namespace conclave::changes
