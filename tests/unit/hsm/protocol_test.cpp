#include "hsm/api/protocol.hpp"

#include <gtest/gtest.h>

#include <set>

namespace conclave::hsm::api {
namespace {

TEST(Protocol, every_operation_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (std::size_t number = 1; number <= kOperationCount; ++number) {
    names.insert(operation_name(static_cast<Operation>(number)));
  }
  EXPECT_EQ(names.size(), kOperationCount);
  EXPECT_EQ(operation_name(static_cast<Operation>(0)), "unknown");
  EXPECT_EQ(operation_name(static_cast<Operation>(kOperationCount + 1)), "unknown");
}

TEST(Protocol, too_many_items_fail_the_reader) {
  base::ByteWriter out;
  out.u16(kMaxItems + 1);
  base::ByteReader in(out.bytes());
  EXPECT_EQ(read_count(in), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(Protocol, a_row_comes_back_as_it_was_written) {
  base::ByteWriter out;
  write(out, std::vector<RowItem>{{TenantId{1}, UserId{2}, "t", "r", "c", 9, Bytes{1, 2}}});
  base::ByteReader in(out.bytes());
  ASSERT_EQ(read_count(in), 1U);
  const auto row = read_row_item(in);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(row.table, "t");
  EXPECT_EQ(row.version, 9U);
  EXPECT_EQ(row.content.size(), 2U);
}

TEST(Protocol, a_status_comes_back_as_it_was_written) {
  TokenStatus status;
  status.ready = true;
  status.module = "m.so";
  status.warnings = {"w"};
  status.keys = {{"tls", "EC P-256", "CKM_ECDSA", true, false, 5}};
  status.counters = {{"segment.seal", 3}};
  base::ByteWriter out;
  write(out, status);
  base::ByteReader in(out.bytes());
  const auto back = read_token_status(in);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(back.module, "m.so");
  EXPECT_EQ(back.warnings, status.warnings);
  EXPECT_EQ(back.keys.at(0).label, "tls");
  EXPECT_EQ(back.counters, status.counters);
}

TEST(Protocol, outcomes_carry_bytes_or_the_error) {
  base::ByteWriter out;
  write_outcome(out, Bytes{1});
  write_outcome(out, fail(base::kTimeout, "late"));
  base::ByteReader in(out.bytes());
  EXPECT_EQ(*read_outcome(in), Bytes{1});
  EXPECT_TRUE(read_outcome(in).error().is(base::kTimeout));
  EXPECT_TRUE(in.done());
}

}  // namespace
}  // namespace conclave::hsm::api
