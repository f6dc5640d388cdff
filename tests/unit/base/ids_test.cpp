#include "runtime/base/ids.hpp"

#include <gtest/gtest.h>

#include "runtime/base/random.hpp"

namespace conclave::base {
namespace {

TEST(Ids, text_round_trips) {
  const RoomId room{0x1122334455667788};
  const std::string text = to_text(room);
  EXPECT_EQ(text.substr(0, 2), "r_");
  EXPECT_EQ(text.size(), 15U);
  EXPECT_EQ(parse_id<RoomId>(text), room);
}

TEST(Ids, another_kinds_id_is_refused) {
  EXPECT_FALSE(parse_id<UserId>(to_text(RoomId{5})));
  EXPECT_FALSE(parse_id<UserId>(""));
  EXPECT_FALSE(parse_id<UserId>(to_text(UserId{0})));
}

TEST(Ids, no_random_bytes_are_no_bytes) { EXPECT_TRUE(system_random().bytes(0).empty()); }

TEST(Ids, random_ids_fit_signed_integers_and_are_not_zero) {
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = system_random().id_value();
    EXPECT_NE(value, 0U);
    EXPECT_EQ(value >> 63, 0U);
  }
}

}  // namespace
}  // namespace conclave::base
