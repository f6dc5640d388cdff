#include "runtime/sync/user_states.hpp"

#include <gmock/gmock.h>

#include "hsm/api/errors.hpp"
#include "runtime/sync/errors.hpp"
#include "tests/support/chat_world.hpp"

namespace conclave::sync {
namespace {

using testing::ChatWorld;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class UserStatesTest : public ::testing::Test {
 protected:
  ChatWorld world;
  identity::Actor ann = world.person(11);
  identity::Actor phone = world.sign_in(11, 300);
  identity::Actor bob = world.person(12);

  Result<void> set(std::string key, std::string value) {
    return world.wait(world.states->set(ann, std::move(key), std::move(value)));
  }
};

TEST_F(UserStatesTest, what_one_device_sets_all_hear_and_read) {
  ASSERT_TRUE(set("settings.theme", "\"dark\""));
  EXPECT_THAT(world.door.of<StateChanged>(ann), SizeIs(1));
  EXPECT_THAT(world.door.of<StateChanged>(bob), IsEmpty());
  const auto heard = world.door.of<StateChanged>(phone);
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].value, "\"dark\"");
  EXPECT_EQ(heard[0].pos, world.ledger->visible(ChatWorld::kTenant));
  world.restart();
  const auto read = world.wait(world.states->get(phone, "settings.theme"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->value, "\"dark\"");
  EXPECT_TRUE(world.wait(world.states->get(bob, "settings.theme")).error().is(kStateNotFound));
}

TEST_F(UserStatesTest, the_last_write_wins_and_a_deletion_is_a_change) {
  ASSERT_TRUE(set("settings.a", "1"));
  ASSERT_TRUE(set("settings.a", "2"));
  EXPECT_EQ(world.wait(world.states->get(ann, "settings.a"))->value, "2");
  ASSERT_TRUE(world.wait(world.states->remove(ann, "settings.a")));
  EXPECT_TRUE(world.wait(world.states->get(ann, "settings.a")).error().is(kStateNotFound));
  EXPECT_TRUE(world.wait(world.states->remove(ann, "settings.a")).error().is(kStateNotFound));
  const auto heard = world.door.of<StateChanged>(phone);
  ASSERT_THAT(heard, SizeIs(3));
  EXPECT_TRUE(heard[2].deleted);
  const auto changes = world.wait(world.states->changed(ChatWorld::kTenant, ann.user, 0, 100, 10));
  ASSERT_THAT(changes->states, SizeIs(1));
  EXPECT_TRUE(changes->states[0].deleted);
}

TEST_F(UserStatesTest, keys_are_of_three_kinds_and_values_are_bounded) {
  for (const std::string key : {"", "theme", "settings.", "settings.a b", "draft.room",
                                "presence.self", "mute.u_0000000000001"}) {
    EXPECT_TRUE(set(key, "1").error().is(kStateKeyInvalid)) << key;
  }
  EXPECT_TRUE(set("draft.r_0000000000001", "{}"));
  EXPECT_TRUE(set("settings.a", std::string(16 * 1024 + 1, '1')).error().is(kStateTooLarge));
}

TEST_F(UserStatesTest, values_are_not_in_the_clear) {
  ASSERT_TRUE(set("settings.a", "\"marker-in-the-clear\""));
  for (const auto& transaction : world.store.log) {
    for (const auto& write : transaction) {
      const auto* put = std::get_if<store::PutUserState>(&write);
      if (put == nullptr) continue;
      EXPECT_EQ(base::as_text(put->row.value_sealed).find("marker"), std::string_view::npos);
    }
  }
}

TEST_F(UserStatesTest, a_token_that_is_away_stores_nothing) {
  world.keys.broken = &hsm::api::kTokenUnavailable;
  EXPECT_TRUE(set("settings.a", "1").error().is(hsm::api::kTokenUnavailable));
  world.keys.broken = nullptr;
  EXPECT_TRUE(world.wait(world.states->get(ann, "settings.a")).error().is(kStateNotFound));
}

TEST_F(UserStatesTest, lists_are_paged_by_key) {
  for (const char name : {'c', 'a', 'b'}) {
    ASSERT_TRUE(set(std::string("settings.") + name, "1"));
  }
  const auto first = world.wait(world.states->list(ann, "", 2));
  ASSERT_TRUE(first);
  ASSERT_THAT(first->states, SizeIs(2));
  EXPECT_EQ(first->states[0].key, "settings.a");
  ASSERT_TRUE(first->next);
  const auto second = world.wait(world.states->list(ann, *first->next, 2));
  ASSERT_THAT(second->states, SizeIs(1));
  EXPECT_FALSE(second->next);
}

TEST_F(UserStatesTest, other_modules_rows_stay_inside) {
  ASSERT_TRUE(
      world.wait(world.states->set_internal(ChatWorld::kTenant, ann.user, "presence.self", "1")));
  EXPECT_THAT(world.door.of<StateChanged>(phone), IsEmpty());
  EXPECT_THAT(world.wait(world.states->list(ann, "", 10))->states, IsEmpty());
  EXPECT_THAT(world.wait(world.states->changed(ChatWorld::kTenant, ann.user, 0, 100, 10))->states,
              IsEmpty());
  EXPECT_THAT(*world.wait(world.states->list_internal(ChatWorld::kTenant, ann.user, "presence.")),
              SizeIs(1));
}

}  // namespace
}  // namespace conclave::sync
