#include "runtime/async/deadline.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

namespace conclave::async {
namespace {

TEST(Deadline, hands_on_an_answer_that_comes_in_time) {
  boost::asio::io_context context;
  std::optional<Result<int>> out;
  auto done = with_deadline<int>(context.get_executor(), std::chrono::hours(1),
                                 [&](Result<int> result) { out = std::move(result); });
  done(5);
  context.run();  // returns at once: the timer is cancelled
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, Result<int>(5));
}

TEST(Deadline, answers_itself_and_drops_what_comes_later) {
  boost::asio::io_context context;
  std::vector<Result<int>> out;
  auto done = with_deadline<int>(context.get_executor(), std::chrono::milliseconds(1),
                                 [&](Result<int> result) { out.push_back(std::move(result)); });
  context.run();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_TRUE(out[0].error().is(base::kTimeout));
  done(5);
  context.restart();
  context.run();
  EXPECT_EQ(out.size(), 1U);
}

}  // namespace
}  // namespace conclave::async
