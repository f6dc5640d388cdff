#include "runtime/wire/heartbeat.hpp"

#include <gtest/gtest.h>

#include "runtime/wire/send_queue.hpp"

namespace conclave::wire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class HeartbeatTest : public ::testing::Test {
 protected:
  Heartbeat::Time now_{seconds(1000)};
  Heartbeat heart_{seconds(45), seconds(120), now_};
};

TEST_F(HeartbeatTest, asks_for_one_ping_after_silence_and_gives_up_at_the_end) {
  now_ += seconds(45);
  EXPECT_EQ(heart_.due(now_), Heartbeat::Due::nothing);
  now_ += milliseconds(1);
  EXPECT_EQ(heart_.due(now_), Heartbeat::Due::ping);
  (void)heart_.begin_ping(now_);
  EXPECT_EQ(heart_.due(now_), Heartbeat::Due::nothing);
  now_ += seconds(75);
  EXPECT_EQ(heart_.due(now_), Heartbeat::Due::dead);
}

TEST_F(HeartbeatTest, any_word_of_the_peer_puts_the_end_off) {
  now_ += seconds(119);
  heart_.heard(now_);
  now_ += seconds(44);
  EXPECT_EQ(heart_.due(now_), Heartbeat::Due::nothing);
}

TEST_F(HeartbeatTest, remembers_the_least_round_trip) {
  EXPECT_EQ(heart_.least_round_trip_us(), 0);
  for (const int length : {40, 25, 90}) {
    const std::string payload = heart_.begin_ping(now_);
    EXPECT_TRUE(heart_.awaiting());
    now_ += milliseconds(length);
    EXPECT_TRUE(heart_.pong(payload, now_));
  }
  EXPECT_FALSE(heart_.awaiting());
  EXPECT_EQ(heart_.least_round_trip_us(), 25'000);
}

TEST_F(HeartbeatTest, smooths_the_round_trip) {
  const auto trip = [&](milliseconds length) {
    const std::string payload = heart_.begin_ping(now_);
    now_ += length;
    EXPECT_TRUE(heart_.pong(payload, now_));
  };
  EXPECT_EQ(heart_.round_trip_us(), 0);
  trip(milliseconds(80));
  EXPECT_EQ(heart_.round_trip_us(), 80'000);
  trip(milliseconds(160));
  EXPECT_EQ(heart_.round_trip_us(), 90'000);
}

TEST_F(HeartbeatTest, takes_each_answer_once_and_no_foreign_one) {
  const std::string payload = heart_.begin_ping(now_);
  EXPECT_FALSE(heart_.pong("foreign", now_));
  EXPECT_TRUE(heart_.pong(payload, now_));
  EXPECT_FALSE(heart_.pong(payload, now_));
}

TEST_F(HeartbeatTest, calls_a_flood_what_exceeds_the_burst_and_forgives_with_time) {
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(heart_.control(now_));
  EXPECT_FALSE(heart_.control(now_));
  now_ += seconds(1);
  EXPECT_TRUE(heart_.control(now_));
}

TEST(SendQueueTest, refuses_above_its_limit_but_takes_any_single_frame) {
  SendQueue queue(10);
  const auto frame = [](std::size_t size) {
    return std::make_shared<const std::string>(std::string(size, 'x'));
  };
  EXPECT_TRUE(queue.push(frame(100)));
  EXPECT_FALSE(queue.push(frame(1)));
  queue.pop();
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.push(frame(4)));
  EXPECT_TRUE(queue.push(frame(6)));
  EXPECT_FALSE(queue.push(frame(1)));
  EXPECT_EQ(queue.bytes(), 10U);
  queue.clear();
  EXPECT_EQ(queue.bytes(), 0U);
}

}  // namespace
}  // namespace conclave::wire
