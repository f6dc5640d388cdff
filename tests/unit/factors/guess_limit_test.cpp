#include "runtime/factors/guess_limit.hpp"

#include <gtest/gtest.h>

namespace conclave::factors {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600'000;

// How long `guesses` wrong answers take for somebody who never waits longer than needed.
std::int64_t time_of(GuessLimit& limit, const std::string& key, bool known, int guesses) {
  std::int64_t now_ms = 1'000;
  for (int i = 0; i < guesses; ++i) {
    now_ms += limit.wait_ms(key, now_ms);
    limit.started(key, known, now_ms);
  }
  return now_ms;
}

TEST(GuessLimit, FiveWrongAnswersAreFreeThenEachDoublesTheWait) {
  GuessLimit limit({});
  for (int i = 0; i < 4; ++i) {
    limit.started("u", false, 0);
    EXPECT_EQ(limit.wait_ms("u", 0), 0) << i;
  }
  std::int64_t now_ms = 0;
  std::int64_t last_ms = 15'000;
  for (int i = 0; i < 6; ++i) {
    limit.started("u", false, now_ms);
    const std::int64_t wait_ms = limit.wait_ms("u", now_ms);
    EXPECT_EQ(wait_ms, 2 * last_ms);
    last_ms = wait_ms;
    now_ms += wait_ms;
  }
}

TEST(GuessLimit, AThousandGuessesDoNotFindASixDigitCode) {
  GuessLimit limit({});
  EXPECT_GT(time_of(limit, "u", false, 1'000), 40 * kDayMs);
  EXPECT_GT(time_of(limit, "u|d", true, 1'000), 3 * kDayMs);
}

TEST(GuessLimit, NobodyIsLockedOutForGood) {
  GuessLimit limit({});
  const std::int64_t now_ms = time_of(limit, "u|d", true, 200);
  EXPECT_LE(limit.wait_ms("u|d", now_ms), 300'000);
  time_of(limit, "u", false, 200);
  EXPECT_EQ(limit.wait_ms("u|other", now_ms), 0) << "guesses from elsewhere do not touch a device";
}

TEST(GuessLimit, WhoComesTooEarlyDoesNotWaitLonger) {
  GuessLimit limit({});
  for (int i = 0; i < 6; ++i) limit.started("u", false, 0);
  const std::int64_t wait_ms = limit.wait_ms("u", 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.wait_ms("u", 0), wait_ms);
}

TEST(GuessLimit, ARightAnswerClearsAndNoVerdictGivesBack) {
  GuessLimit limit({});
  for (int i = 0; i < 4; ++i) limit.started("u", false, 0);
  for (int i = 0; i < 10; ++i) {
    limit.started("u", false, 0);
    EXPECT_GT(limit.wait_ms("u", 0), 0) << "parallel answers wait for the verdict";
    limit.withdrawn("u");
    EXPECT_EQ(limit.wait_ms("u", 0), 0);
  }
  limit.started("u", false, 0);
  limit.passed("u");
  EXPECT_EQ(limit.wait_ms("u", 0), 0);
  EXPECT_EQ(limit.size(), 0U);
}

TEST(GuessLimit, OldMistakesAreForgottenOneByOne) {
  GuessLimit limit({});
  for (int i = 0; i < 5; ++i) limit.started("u", false, 0);
  const std::int64_t later_ms = 12 * 3'600'000;  // two are forgotten
  limit.started("u", false, later_ms);
  EXPECT_EQ(limit.wait_ms("u", later_ms), 0);
  limit.started("u", false, later_ms);
  EXPECT_GT(limit.wait_ms("u", later_ms), 0);
}

TEST(GuessLimit, RemembersNoMoreThanItMay) {
  GuessLimit::Limits limits;
  limits.buckets = 10;
  GuessLimit limit(limits);
  for (int i = 0; i < 5; ++i) limit.started("attacked", false, 0);
  for (int i = 0; i < 100; ++i) limit.started("u" + std::to_string(i), false, 0);
  EXPECT_LE(limit.size(), 10U);
  EXPECT_GT(limit.wait_ms("attacked", 0), 0) << "who waits is kept before who does not";
}

}  // namespace
}  // namespace conclave::factors
