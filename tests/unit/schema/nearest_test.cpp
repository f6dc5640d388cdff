#include "runtime/schema/nearest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace conclave::schema {
namespace {

TEST(Nearest, IsSilentWhenNothingIsNear) {
  const std::vector<std::string_view> known = {"threads.io", "log.level"};
  EXPECT_EQ(nearest("completely_else", known), "");
  EXPECT_EQ(nearest("threads.oi", known), "threads.io");
}

}  // namespace
}  // namespace conclave::schema
