#include "runtime/launcher/restart_policy.hpp"

#include <gtest/gtest.h>

namespace conclave::launcher {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RestartPolicy, restarts_at_once_then_waits_longer_each_time_up_to_the_limit) {
  RestartPolicy policy(
      {.first = milliseconds(0), .step = milliseconds(100), .most = milliseconds(500)});
  EXPECT_EQ(policy.after_exit(std::nullopt, milliseconds(1)), milliseconds(0));
  EXPECT_EQ(policy.after_exit(1, milliseconds(1)), milliseconds(100));
  EXPECT_EQ(policy.after_exit(1, milliseconds(1)), milliseconds(200));
  EXPECT_EQ(policy.after_exit(1, milliseconds(1)), milliseconds(400));
  EXPECT_EQ(policy.after_exit(1, milliseconds(1)), milliseconds(500));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(policy.after_exit(1, milliseconds(1)), milliseconds(500));
}

TEST(RestartPolicy, forgives_after_a_healthy_life) {
  RestartPolicy policy({.first = milliseconds(0), .step = milliseconds(100)});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(policy.after_exit(1, milliseconds(1)).has_value());
  EXPECT_EQ(policy.after_exit(1, seconds(60)), milliseconds(0));
}

TEST(RestartPolicy, never_retries_a_refused_configuration) {
  RestartPolicy policy({});
  EXPECT_FALSE(policy.after_exit(kExitConfiguration, seconds(600)).has_value());
}

TEST(RestartPolicy, waits_longer_whatever_the_status_is) {
  for (const int status : {1, 70, 74, 75, 126}) {
    RestartPolicy policy({.first = milliseconds(200), .step = milliseconds(400)});
    EXPECT_EQ(policy.after_exit(status, milliseconds(1)), milliseconds(200)) << status;
    EXPECT_EQ(policy.after_exit(status, milliseconds(1)), milliseconds(400)) << status;
    EXPECT_EQ(policy.after_exit(status, milliseconds(1)), milliseconds(800)) << status;
  }
}

TEST(RestartPolicy, takes_a_clean_exit_for_a_death_too) {
  RestartPolicy policy({.first = milliseconds(7)});
  EXPECT_EQ(policy.after_exit(0, milliseconds(1)), milliseconds(7));
}

}  // namespace
}  // namespace conclave::launcher
