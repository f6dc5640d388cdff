#include "runtime/async/task.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "runtime/async/task_group.hpp"

namespace conclave::async {
namespace {

Task<void> await_answer(Callback<int>& slot, Result<int>& out, std::thread::id& resumed_on) {
  out = co_await await_callback<int>([&](Callback<int> done) { slot = std::move(done); });
  resumed_on = std::this_thread::get_id();
}

TEST(Task, resumes_on_the_awaiting_executor_with_the_answer) {
  boost::asio::io_context context;
  TaskGroup group(context.get_executor());
  Callback<int> slot;
  Result<int> out = fail(base::kInternal);
  std::thread::id resumed_on;
  ASSERT_TRUE(group.spawn(await_answer(slot, out, resumed_on)));
  context.poll();
  ASSERT_TRUE(slot);
  std::thread([&] { slot(7); }).join();
  EXPECT_EQ(resumed_on, std::thread::id());  // the answering thread does not run the coroutine
  context.restart();
  context.run();
  EXPECT_EQ(out, Result<int>(7));
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(Task, hands_errors_on) {
  boost::asio::io_context context;
  TaskGroup group(context.get_executor());
  Callback<int> slot;
  Result<int> out = 0;
  std::thread::id resumed_on;
  ASSERT_TRUE(group.spawn(await_answer(slot, out, resumed_on)));
  context.poll();
  slot(fail(base::kTimeout, "late"));
  context.restart();
  context.run();
  ASSERT_FALSE(out);
  EXPECT_TRUE(out.error().is(base::kTimeout));
  EXPECT_EQ(out.error().text(), "timeout: late");
}

TEST(TaskGroup, closes_only_after_its_last_coroutine) {
  boost::asio::io_context context;
  TaskGroup group(context.get_executor());
  Callback<int> slot;
  Result<int> out = 0;
  std::thread::id resumed_on;
  ASSERT_TRUE(group.spawn(await_answer(slot, out, resumed_on)));
  context.poll();
  bool drained = false;
  group.close([&] { drained = true; });
  EXPECT_FALSE(group.spawn(await_answer(slot, out, resumed_on)));
  context.restart();
  context.poll();
  EXPECT_FALSE(drained);
  slot(1);
  context.restart();
  context.run();
  EXPECT_TRUE(drained);
  EXPECT_EQ(group.running(), 0U);
}

}  // namespace
}  // namespace conclave::async
