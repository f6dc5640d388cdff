#include "sdk/client/outbox.hpp"

#include <gmock/gmock.h>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

std::vector<std::int64_t> all_that_may_go(Outbox& outbox) {
  std::vector<std::int64_t> out;
  while (const auto* item = outbox.next()) out.push_back(item->client_id);
  return out;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Outbox, CountsClientIdsAndSendsInOrder) {
  Outbox outbox;
  EXPECT_EQ(outbox.add("message.send", {{"text", "a"}}).value(), 1);
  EXPECT_EQ(outbox.add("message.edit", {{"text", "b"}}).value(), 2);
  const auto* first = outbox.next();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->params.at("client_id"), 1);
  EXPECT_THAT(all_that_may_go(outbox), ElementsAre(2));
  EXPECT_THAT(all_that_may_go(outbox), IsEmpty());
}

TEST(Outbox, AfterALostConnectionTheSameNumbersGoAgain) {
  Outbox outbox;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(outbox.add("message.send", {}).has_value());
  (void)all_that_may_go(outbox);
  EXPECT_EQ(outbox.settle(2), "message.send");
  outbox.connection_lost();
  EXPECT_THAT(all_that_may_go(outbox), ElementsAre(1, 3));
}

TEST(Outbox, KeepsFewerOnTheirWayThanTheServerRemembers) {
  Outbox outbox;
  for (std::size_t i = 0; i < 2 * Outbox::kInFlight; ++i) {
    ASSERT_TRUE(outbox.add("message.send", {}).has_value());
  }
  EXPECT_EQ(all_that_may_go(outbox).size(), Outbox::kInFlight);
  outbox.settle(1);
  EXPECT_THAT(all_that_may_go(outbox), ElementsAre(Outbox::kInFlight + 1));
}

TEST(Outbox, WhatTheServerPutOffGoesAgain) {
  Outbox outbox;
  ASSERT_TRUE(outbox.add("message.send", {}).has_value());
  ASSERT_NE(outbox.next(), nullptr);
  outbox.give_back(1);
  EXPECT_THAT(all_that_may_go(outbox), ElementsAre(1));
}

TEST(Outbox, SurvivesItsStoredFormWithoutReusingANumber) {
  Outbox outbox;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(outbox.add("message.send", {{"text", i}}).has_value());
  outbox.settle(3);
  Outbox again(outbox.stored(), outbox.next_client_id());
  EXPECT_EQ(again.size(), 2U);
  EXPECT_EQ(again.add("message.send", {}).value(), 4);
  EXPECT_THAT(all_that_may_go(again), ElementsAre(1, 2, 4));
}

TEST(Outbox, LeavesDamagedItemsOut) {
  const boost::json::array stored{
      1, boost::json::object{{"method", "message.send"}},
      boost::json::object{{"method", "message.send"}, {"params", {{"client_id", "x"}}}},
      boost::json::object{{"method", "message.send"}, {"params", {{"client_id", 7}}}}};
  Outbox outbox(stored, 1);
  EXPECT_THAT(all_that_may_go(outbox), ElementsAre(7));
  EXPECT_EQ(outbox.next_client_id(), 8);
}

TEST(Outbox, IsBounded) {
  Outbox outbox;
  for (std::size_t i = 0; i < Outbox::kMost; ++i) (void)outbox.add("message.send", {});
  const auto refused = outbox.add("message.send", {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(kOutboxFull));
}

}  // namespace
}  // namespace conclave::client
