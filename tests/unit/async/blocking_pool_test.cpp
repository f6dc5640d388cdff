#include "runtime/async/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace conclave::async {
namespace {

TEST(BlockingPool, runs_what_it_accepted_before_it_stops) {
  std::atomic<int> done = 0;
  {
    BlockingPool pool("test", 2, 100);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 50);
}

TEST(BlockingPool, refuses_over_its_queue_limit) {
  std::promise<void> started;
  std::promise<void> release;
  BlockingPool pool("test", 1, 1);  // last, so that its job ends before what it uses
  ASSERT_TRUE(pool.submit([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_EQ(pool.waiting(), 1U);
  EXPECT_FALSE(pool.submit([] {}));
  release.set_value();
}

TEST(BlockingPool, refuses_after_stop) {
  BlockingPool pool("test", 1, 1);
  pool.stop();
  EXPECT_FALSE(pool.submit([] {}));
}

}  // namespace
}  // namespace conclave::async
