#include "runtime/whereabouts/consents.hpp"

#include <gtest/gtest.h>

namespace conclave::whereabouts {
namespace {

constexpr TenantId kTenant{5};
constexpr UserId kAnn{6};

TEST(ConsentRow, comes_back_from_its_bytes_in_its_own_place_only) {
  const store::Record row = encode(kTenant, kAnn, {true, "2026-11/de", 1'790'000'000'000, 3});
  EXPECT_EQ(row.kind, store::RecordKind::consent);
  const auto back = decode_consent(row);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->given);
  EXPECT_EQ(back->text, "2026-11/de");
  EXPECT_EQ(back->at_ms, 1'790'000'000'000);
  EXPECT_EQ(back->version, 3U);
  store::Record moved = row;
  moved.id = 7;
  EXPECT_FALSE(decode_consent(moved)) << "another person's";
  moved = row;
  moved.version = 2;
  EXPECT_FALSE(decode_consent(moved));
}

TEST(ConsentRow, cut_or_changed_bytes_are_no_consent) {
  const store::Record row = encode(kTenant, kAnn, {true, "v1", 1, 1});
  for (std::size_t length = 0; length < row.content.size(); ++length) {
    store::Record cut = row;
    cut.content.resize(length);
    EXPECT_FALSE(decode_consent(cut)) << length;
  }
  store::Record longer = row;
  longer.content.push_back(0);
  EXPECT_FALSE(decode_consent(longer));
}

}  // namespace
}  // namespace conclave::whereabouts
