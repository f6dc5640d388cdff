#include "runtime/wire/gate.hpp"

#include <gtest/gtest.h>

namespace conclave::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class GateTest : public ::testing::Test {
 protected:
  Gate::Now clock() {
    return [this] { return now_; };
  }
  steady_clock::time_point now_{};
};

TEST_F(GateTest, counts_connections_in_all) {
  Gate gate({.connections = 2, .per_address = 9, .new_per_address_per_s = 9}, clock());
  EXPECT_EQ(gate.enter("a"), Refusal::none);
  EXPECT_EQ(gate.enter("b"), Refusal::none);
  EXPECT_EQ(gate.enter("c"), Refusal::connections);
  gate.leave("a");
  EXPECT_EQ(gate.enter("c"), Refusal::none);
  EXPECT_EQ(gate.connections(), 2U);
}

TEST_F(GateTest, counts_connections_of_each_address_for_itself) {
  Gate gate({.connections = 9, .per_address = 1, .new_per_address_per_s = 9}, clock());
  EXPECT_EQ(gate.enter("a"), Refusal::none);
  EXPECT_EQ(gate.enter("a"), Refusal::per_address);
  EXPECT_EQ(gate.enter("b"), Refusal::none);
}

TEST_F(GateTest, lets_a_bucket_of_new_connections_in_and_refills_it_with_time) {
  Gate gate({.connections = 99, .per_address = 99, .new_per_address_per_s = 2}, clock());
  EXPECT_EQ(gate.enter("a"), Refusal::none);
  EXPECT_EQ(gate.enter("a"), Refusal::none);
  EXPECT_EQ(gate.enter("a"), Refusal::rate);
  EXPECT_EQ(gate.enter("b"), Refusal::none);
  now_ += milliseconds(500);
  EXPECT_EQ(gate.enter("a"), Refusal::none);
  EXPECT_EQ(gate.enter("a"), Refusal::rate);
}

TEST_F(GateTest, does_not_forget_the_rate_of_an_address_that_has_left) {
  Gate gate({.connections = 99, .per_address = 99, .new_per_address_per_s = 1}, clock());
  EXPECT_EQ(gate.enter("a"), Refusal::none);
  gate.leave("a");
  EXPECT_EQ(gate.enter("a"), Refusal::rate);
}

TEST_F(GateTest, remembers_a_bounded_number_of_addresses_that_have_gone) {
  Gate gate({.connections = 99, .per_address = 99, .new_per_address_per_s = 5}, clock());
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(i);
    ASSERT_EQ(gate.enter(key), Refusal::none);
    gate.leave(key);
    now_ += milliseconds(1);
  }
  EXPECT_LT(gate.addresses(), 3'000U);
}

TEST_F(GateTest, a_ticket_leaves_once) {
  const auto gate = std::make_shared<Gate>(
      Gate::Limits{.connections = 9, .per_address = 9, .new_per_address_per_s = 9});
  {
    ASSERT_EQ(gate->enter("a"), Refusal::none);
    GateTicket first(gate, "a");
    GateTicket second(std::move(first));
    GateTicket third;
    third = std::move(second);
    EXPECT_EQ(gate->connections(), 1U);
  }
  EXPECT_EQ(gate->connections(), 0U);
}

TEST(GateKey, takes_an_ipv6_network_for_one_and_mapped_ipv4_for_ipv4) {
  EXPECT_EQ(gate_key("2001:db8:1:2::1"), gate_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(gate_key("2001:db8:1:2::1"), gate_key("2001:db8:1:3::1"));
  EXPECT_EQ(gate_key("::ffff:192.0.2.1"), gate_key("192.0.2.1"));
  EXPECT_NE(gate_key("192.0.2.2"), gate_key("192.0.2.1"));
}

}  // namespace
}  // namespace conclave::wire
