#include "hsm/keyd/work_queue.hpp"

#include <gtest/gtest.h>

#include <map>

namespace conclave::hsm::keyd {
namespace {

using namespace std::chrono_literals;

const OperationEntry kSeal{"s", Lane::sealing, true, nullptr};
const OperationEntry kTls{"t", Lane::tls, true, nullptr};
const OperationEntry kTyped{"y", Lane::typed, true, nullptr};
const OperationEntry kMaintenance{"m", Lane::maintenance, true, nullptr};

Job job(const OperationEntry& operation) {
  Job out;
  out.operation = &operation;
  return out;
}

// Runs `count` jobs of equal cost; how many came from each lane.
std::map<Lane, int> served(WorkQueue& queue, int count) {
  std::map<Lane, int> lanes;
  for (int i = 0; i < count; ++i) {
    auto next = queue.next(0ms);
    if (!next) break;
    ++lanes[next->operation->lane];
    queue.charge(next->operation->lane, 10us);
  }
  return lanes;
}

TEST(WorkQueue, shares_the_token_by_weight_while_all_wait) {
  WorkQueue queue;
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(queue.submit(job(kSeal)));
    ASSERT_TRUE(queue.submit(job(kTls)));
    ASSERT_TRUE(queue.submit(job(kTyped)));
    if (i < 60) ASSERT_TRUE(queue.submit(job(kMaintenance)));
  }
  const auto lanes = served(queue, 480);
  EXPECT_GE(lanes.at(Lane::sealing), 240 - 2) << "sealing gets at least half";
  EXPECT_LE(lanes.at(Lane::tls), 160) << "TLS gets at most a third";
  EXPECT_LT(lanes.at(Lane::maintenance), lanes.at(Lane::typed));
  EXPECT_GT(lanes.at(Lane::maintenance), 0) << "nobody starves";
}

TEST(WorkQueue, a_lane_alone_gets_everything) {
  WorkQueue queue;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(queue.submit(job(kTls)));
  EXPECT_EQ(served(queue, 50).at(Lane::tls), 50);
}

TEST(WorkQueue, idle_time_is_not_saved_up) {
  WorkQueue queue;
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(queue.submit(job(kSeal)));
  served(queue, 200);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue.submit(job(kTls)));
  EXPECT_GE(served(queue, 90).at(Lane::sealing), 58) << "TLS starts with the present";
}

TEST(WorkQueue, sheds_when_a_lane_is_full) {
  WorkQueue queue;
  int taken = 0;
  while (taken < 100'000 && queue.submit(job(kMaintenance))) ++taken;
  EXPECT_EQ(taken, 64);
  EXPECT_TRUE(queue.submit(job(kSeal))) << "other lanes are not concerned";
}

TEST(WorkQueue, sheds_what_would_wait_too_long) {
  WorkQueue queue;
  ASSERT_TRUE(queue.submit(job(kTls)));
  ASSERT_TRUE(queue.next(0ms));
  for (int i = 0; i < 100; ++i) queue.charge(Lane::tls, 100ms);
  int taken = 0;
  while (taken < 2'000 && queue.submit(job(kTls))) ++taken;
  EXPECT_LE(taken, 17) << "a tenth of a second each, one and a half seconds at most";
}

TEST(WorkQueue, bytes_are_bounded_too) {
  WorkQueue queue;
  auto large = [] {
    auto out = job(kTls);
    out.payload.resize(3U << 20U);
    return out;
  };
  EXPECT_TRUE(queue.submit(large()));
  EXPECT_FALSE(queue.submit(large()));
  EXPECT_TRUE(queue.next(0ms));
  EXPECT_TRUE(queue.submit(large())) << "room is made when a job is taken";
}

}  // namespace
}  // namespace conclave::hsm::keyd
