#include "runtime/identity/throttle.hpp"

#include <gtest/gtest.h>

namespace conclave::identity {
namespace {

constexpr std::int64_t kNow = 1'000'000;

Throttle::Limits limits() {
  Throttle::Limits out;
  out.address = {100, 1'000, 60'000};
  out.account = {3, 1'000, 8'000};
  out.tenant = {1'000, 250, 2'000};
  out.known = {3, 1'000, 8'000};
  return out;
}

Throttle::Attempt from(std::string address, std::string account = "ann@demo.example") {
  return {std::move(address), std::move(account), "demo.example", {}};
}

void guess(Throttle& throttle, const Throttle::Attempt& attempt, int times, std::int64_t now_ms) {
  for (int i = 0; i < times; ++i) {
    throttle.started(attempt, now_ms);
    throttle.failed(attempt, now_ms);
  }
}

TEST(Throttle, DelaysGrowFromTheAllowanceOnAndAreCapped) {
  struct Row {
    int failures;
    std::int64_t wait_ms;
  };
  for (const Row& row :
       {Row{0, 0}, Row{3, 0}, Row{4, 2'000}, Row{5, 4'000}, Row{6, 8'000}, Row{40, 8'000}}) {
    Throttle throttle(limits());
    guess(throttle, from("10.0.0.1"), row.failures, kNow);
    EXPECT_EQ(throttle.wait_ms(from("10.0.0.1"), kNow), row.wait_ms) << row.failures;
  }
}

TEST(Throttle, WaitingLetsFailuresDecay) {
  Throttle throttle(limits());
  guess(throttle, from("10.0.0.1"), 5, kNow);
  EXPECT_GT(throttle.wait_ms(from("10.0.0.1"), kNow), 0);
  EXPECT_EQ(throttle.wait_ms(from("10.0.0.1"), kNow + 4'000), 0);
  guess(throttle, from("10.0.0.1"), 1, kNow + 120'000);
  EXPECT_EQ(throttle.wait_ms(from("10.0.0.1"), kNow + 120'000), 0);
}

TEST(Throttle, AttemptsInFlightCountAsGuesses) {
  Throttle throttle(limits());
  for (int i = 0; i < 4; ++i) throttle.started(from("10.0.0.1"), kNow);
  EXPECT_GT(throttle.wait_ms(from("10.0.0.1"), kNow), 0);
  throttle.withdrawn(from("10.0.0.1"), kNow);
  EXPECT_EQ(throttle.wait_ms(from("10.0.0.1"), kNow), 0);
}

TEST(Throttle, GuessesFromElsewhereDoNotTouchAKnownDevice) {
  Throttle throttle(limits());
  guess(throttle, from("6.6.6.6"), 50, kNow);
  Throttle::Attempt victim = from("10.0.0.1");
  EXPECT_GT(throttle.wait_ms(victim, kNow), 0);
  victim.device = "d_1";
  EXPECT_EQ(throttle.wait_ms(victim, kNow), 0);
}

TEST(Throttle, WhoKnowsADevicesIdCannotFillItsBucketFromElsewhere) {
  Throttle throttle(limits());
  Throttle::Attempt attacker = from("6.6.6.6");
  attacker.device = "d_1";
  guess(throttle, attacker, 50, kNow);
  EXPECT_GT(throttle.wait_ms(attacker, kNow), 0);
  Throttle::Attempt victim = from("10.0.0.1");
  victim.device = "d_1";
  EXPECT_EQ(throttle.wait_ms(victim, kNow), 0);
}

TEST(Throttle, GuessesFromElsewhereDoNotTouchAPlaceTheAccountSignedInFrom) {
  Throttle throttle(limits());
  throttle.started(from("10.0.0.1"), kNow);
  throttle.succeeded(from("10.0.0.1"), kNow);
  guess(throttle, from("6.6.6.6"), 50, kNow);
  EXPECT_EQ(throttle.wait_ms(from("10.0.0.1"), kNow), 0);
  EXPECT_GT(throttle.wait_ms(from("10.0.0.2"), kNow), 0);
}

TEST(Throttle, OneAddressThatTriesManyAccountsIsSlowedDown) {
  Throttle throttle(limits());
  for (int i = 0; i < 102; ++i) {
    guess(throttle, from("6.6.6.6", "user" + std::to_string(i) + "@demo.example"), 1, kNow);
  }
  EXPECT_GT(throttle.wait_ms(from("6.6.6.6", "fresh@demo.example"), kNow), 0);
  EXPECT_EQ(throttle.wait_ms(from("10.0.0.1", "fresh@demo.example"), kNow), 0);
}

TEST(Throttle, ManyAddressesAgainstOneTenantAreSlowedDownALittle) {
  Throttle throttle(limits());
  for (int i = 0; i < 1'010; ++i) {
    guess(throttle, from("a" + std::to_string(i), "u" + std::to_string(i) + "@demo.example"), 1,
          kNow);
  }
  const std::int64_t wait = throttle.wait_ms(from("fresh", "fresh@demo.example"), kNow);
  EXPECT_GT(wait, 0);
  EXPECT_LE(wait, 2'000);
}

TEST(Throttle, MemoryIsBounded) {
  Throttle::Limits small = limits();
  small.buckets = 50;
  Throttle throttle(small);
  for (int i = 0; i < 1'000; ++i) guess(throttle, from("a" + std::to_string(i)), 1, kNow + i);
  EXPECT_LE(throttle.size(), 51U);
}

}  // namespace
}  // namespace conclave::identity
