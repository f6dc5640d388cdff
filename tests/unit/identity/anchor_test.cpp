#include "runtime/audit/anchor.hpp"

#include <gtest/gtest.h>

#include "tests/unit/identity/fixture.hpp"

// The anchor over a trail that real administration writes.
namespace conclave::identity {
namespace {

using testing::TestDevice;
using testing::World;

class AnchorTest : public ::testing::Test {
 protected:
  World world;

  [[nodiscard]] Result<void> advance() { return world.run(world.s->anchor.advance()); }
  [[nodiscard]] Result<void> check_after_restart() {
    world.restart();
    return world.run(world.s->anchor.check());
  }
};

TEST_F(AnchorTest, a_token_that_was_told_nothing_takes_the_trail_as_it_is) {
  EXPECT_TRUE(check_after_restart());
}

TEST_F(AnchorTest, the_store_that_the_token_knows_passes_and_so_does_a_later_one) {
  ASSERT_TRUE(advance());
  EXPECT_EQ(world.keys.anchor.number, world.store.audit.back().number);
  EXPECT_TRUE(check_after_restart());
  world.make_user(world.tenant, "later", {});
  EXPECT_TRUE(check_after_restart());
}

TEST_F(AnchorTest, an_older_store_is_rolled_back) {
  world.make_user(world.tenant, "newest", {});
  ASSERT_TRUE(advance());
  world.store.audit.pop_back();
  const auto checked = check_after_restart();
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().is(audit::kRolledBack));
}

TEST_F(AnchorTest, another_history_of_the_same_length_is_rolled_back) {
  ASSERT_TRUE(advance());
  world.store.audit.back().chain[0] ^= 1;
  const auto checked = check_after_restart();
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().is(audit::kRolledBack));
}

TEST_F(AnchorTest, nothing_is_told_twice) {
  ASSERT_TRUE(advance());
  const int calls = world.keys.calls["move_anchor"];
  ASSERT_TRUE(advance());
  EXPECT_EQ(world.keys.calls["move_anchor"], calls);
  world.make_user(world.tenant, "onemore", {});
  ASSERT_TRUE(advance());
  EXPECT_EQ(world.keys.calls["move_anchor"], calls + 1);
}

TEST_F(AnchorTest, a_token_that_is_away_is_told_later) {
  world.keys.broken = &hsm::api::kTokenUnavailable;
  EXPECT_FALSE(advance());
  world.keys.broken = nullptr;
  EXPECT_TRUE(advance());
  EXPECT_EQ(world.keys.anchor, world.s->trail.head());
}

TEST_F(AnchorTest, locked_rows_take_no_change_and_let_nobody_in) {
  const TestDevice device;
  world.s->writer.lock(Error(audit::kRolledBack));
  const auto changed = world.run(world.s->writer.record({}));
  ASSERT_FALSE(changed);
  EXPECT_TRUE(changed.error().is(audit::kRolledBack));
  const auto signed_in =
      world.run(world.s->sign_in.enrol(world.enrol_request(device, "ann@demo.example"), {}));
  ASSERT_FALSE(signed_in);
  EXPECT_TRUE(signed_in.error().is(audit::kRolledBack));
}

}  // namespace
}  // namespace conclave::identity
