#include "runtime/async/batch_queue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <numeric>
#include <thread>

namespace conclave::async {
namespace {

TEST(BatchQueue, delivers_everything_in_order_and_in_batches) {
  boost::asio::io_context context;
  std::vector<std::vector<int>> batches;
  BatchQueue<int> queue(context.get_executor(), 100,
                        [&](std::vector<int> batch) { batches.push_back(std::move(batch)); });
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  context.run();
  EXPECT_TRUE(queue.push(3));
  context.restart();
  context.run();
  EXPECT_EQ(batches, (std::vector<std::vector<int>>{{1, 2}, {3}}));
}

TEST(BatchQueue, says_so_at_its_limit_and_loses_nothing) {
  boost::asio::io_context context;
  std::size_t received = 0;
  BatchQueue<int> queue(context.get_executor(), 2,
                        [&](std::vector<int> batch) { received += batch.size(); });
  EXPECT_TRUE(queue.push(1));
  EXPECT_FALSE(queue.push(2));
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.size(), 3U);
  context.run();
  EXPECT_EQ(received, 3U);
  EXPECT_TRUE(queue.push(4));
}

TEST(BatchQueue, keeps_the_order_of_each_of_many_producers) {
  boost::asio::io_context context;
  std::vector<std::pair<int, int>> received;
  BatchQueue<std::pair<int, int>> queue(
      context.get_executor(), 1'000'000, [&](std::vector<std::pair<int, int>> batch) {
        received.insert(received.end(), batch.begin(), batch.end());
      });
  std::vector<std::thread> producers;
  for (int producer = 0; producer < 3; ++producer) {
    producers.emplace_back([&queue, producer] {
      for (int i = 0; i < 5000; ++i) queue.push({producer, i});
    });
  }
  for (std::thread& producer : producers) producer.join();
  context.run();
  ASSERT_EQ(received.size(), 15'000U);
  std::vector<int> next(3, 0);
  for (const auto& [producer, i] : received) {
    EXPECT_EQ(i, next[static_cast<std::size_t>(producer)]++);
  }
}

TEST(BatchQueue, is_silent_after_close) {
  boost::asio::io_context context;
  bool called = false;
  {
    BatchQueue<int> queue(context.get_executor(), 10, [&](std::vector<int>) { called = true; });
    queue.push(1);
  }
  context.run();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace conclave::async
