#include "runtime/sync/cursor.hpp"

#include <gtest/gtest.h>

#include "runtime/sync/errors.hpp"

namespace conclave::sync {
namespace {

TEST(Cursor, comes_back_as_it_was) {
  const Cursor cursor{7, 0x1234'5678'9abc};
  const std::string text = encode_cursor(cursor);
  EXPECT_EQ(text.size(), 16U);
  EXPECT_EQ(decode_cursor(text), Result<Cursor>(cursor));
}

TEST(Cursor, refuses_what_the_server_never_made) {
  for (const std::string text : {"", "AAAA", "!", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA="}) {
    const auto cursor = decode_cursor(text);
    ASSERT_FALSE(cursor) << text;
    EXPECT_TRUE(cursor.error().is(kCursorInvalid));
  }
}

}  // namespace
}  // namespace conclave::sync
