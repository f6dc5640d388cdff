#include "runtime/whereabouts/second_network.hpp"

#include <gtest/gtest.h>

#include "tests/support/chat_world.hpp"

namespace conclave::whereabouts {
namespace {

const SecondNetwork::Owner kPhone{TenantId{1}, UserId{2}, DeviceId{3},
                                  network::Address::parse("192.0.2.1")};

class SecondNetworkTest : public ::testing::Test {
 protected:
  testing::SeededRandom random{7};
  SecondNetwork tokens{random};
};

TEST_F(SecondNetworkTest, a_token_counts_once_and_names_its_device) {
  const Bytes token = tokens.issue(kPhone, 1'000);
  EXPECT_EQ(token.size(), SecondNetwork::kTokenBytes);
  const auto owner = tokens.use(token, 1'001);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->device, DeviceId{3});
  EXPECT_FALSE(tokens.use(token, 1'002));
}

TEST_F(SecondNetworkTest, a_token_dies_after_a_minute_and_with_the_next_one) {
  const Bytes old = tokens.issue(kPhone, 0);
  const Bytes fresh = tokens.issue(kPhone, 10);
  EXPECT_FALSE(tokens.use(old, 20));
  EXPECT_FALSE(tokens.use(fresh, 10 + SecondNetwork::kLife_ms));
  EXPECT_EQ(tokens.size(), 0U);
}

TEST_F(SecondNetworkTest, a_guess_is_nobodys) {
  const Bytes token = tokens.issue(kPhone, 0);
  EXPECT_FALSE(tokens.use(Bytes(SecondNetwork::kTokenBytes, 0), 1));
  EXPECT_TRUE(tokens.use(token, 1)) << "a wrong guess takes nobody's token";
}

}  // namespace
}  // namespace conclave::whereabouts
