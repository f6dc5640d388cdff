#include "sdk/client/backoff.hpp"

#include <gmock/gmock.h>

#include <set>

namespace conclave::client {
namespace {

TEST(Backoff, DoublesUpToTheBoundAndKeepsHalfOfEachStep) {
  Backoff backoff(400, 3'000, base::system_random());
  for (const std::int64_t step : {400, 800, 1'600, 3'000, 3'000, 3'000}) {
    const std::int64_t wait = backoff.next_ms();
    EXPECT_GE(wait, step / 2);
    EXPECT_LE(wait, step);
  }
}

TEST(Backoff, StartsAnewAfterSuccess) {
  Backoff backoff(400, 30'000, base::system_random());
  for (int i = 0; i < 100; ++i) (void)backoff.next_ms();
  backoff.reset();
  EXPECT_LE(backoff.next_ms(), 400);
}

TEST(Backoff, ClientsDoNotComeBackTogether) {
  std::set<std::int64_t> waits;
  for (int i = 0; i < 100; ++i) {
    Backoff backoff(30'000, 30'000, base::system_random());
    waits.insert(backoff.next_ms());
  }
  EXPECT_GT(waits.size(), 50U);
}

}  // namespace
}  // namespace conclave::client
