#include "runtime/base/secret.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace conclave::base {
namespace {

static_assert(!std::is_copy_constructible_v<Secret>);

TEST(Secret, holds_and_moves_its_bytes) {
  Secret first(std::string_view("1234"));
  Secret second = std::move(first);
  EXPECT_EQ(as_text(second.view()), "1234");
  EXPECT_TRUE(
      first.empty());  // NOLINT(bugprone-use-after-move): the moved-from state is the promise
}

TEST(Secret, wipe_overwrites) {
  std::string text = "password";
  const char* data = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(data[0], '\0');
}

TEST(Secret, constant_time_comparison_compares) {
  EXPECT_TRUE(equal_in_constant_time(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

}  // namespace
}  // namespace conclave::base
