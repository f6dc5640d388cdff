#include "runtime/factors/recovery_codes.hpp"

#include <gtest/gtest.h>

#include <set>

namespace conclave::factors {
namespace {

TEST(RecoveryCodes, AreRandomAndOfSixtyBits) {
  std::set<std::string> seen;
  std::set<char> digits;
  for (int i = 0; i < 500; ++i) {
    const std::string code = make_recovery_code(base::system_random());
    ASSERT_EQ(code.size(), 14U);
    EXPECT_EQ(code[4], '-');
    EXPECT_EQ(code[9], '-');
    const std::string cleaned = clean_recovery_code(code);
    EXPECT_EQ(cleaned.size(), 12U) << "twelve digits of five bits";
    digits.insert(cleaned.begin(), cleaned.end());
    seen.insert(code);
  }
  EXPECT_EQ(seen.size(), 500U);
  EXPECT_EQ(digits.size(), 32U) << "every digit of the alphabet occurs";
}

TEST(RecoveryCodes, AreReadAsPeopleWriteThem) {
  EXPECT_EQ(clean_recovery_code("4f7k-9m2q-x1z0"), "4f7k9m2qx1z0");
  EXPECT_EQ(clean_recovery_code("4F7K 9M2Q XLZO"), "4f7k9m2qx1z0");
  EXPECT_EQ(clean_recovery_code("4f7k9m2qxiz0"), "4f7k9m2qx1z0");
  for (const char* wrong :
       {"", "-", "4f7k-9m2q", "4f7k-9m2q-x1z00", "4f7k-9m2q-x1z!", "4f7k-9m2q-x1zu", "123456"}) {
    EXPECT_EQ(clean_recovery_code(wrong), "") << wrong;
  }
}

TEST(RecoveryCodes, AreFoundByTheirDigestAndNotOnceUsed) {
  const Bytes key(32, 9);
  std::vector<Bytes> digests;
  for (const char* code : {"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"}) {
    digests.push_back(recovery_digest(key, code));
  }
  EXPECT_EQ(find_recovery_code(digests, recovery_digest(key, "bbbbbbbbbbbb")), 1U);
  EXPECT_EQ(find_recovery_code(digests, recovery_digest(key, "dddddddddddd")), 3U);
  EXPECT_EQ(find_recovery_code(digests, recovery_digest(Bytes(32, 8), "bbbbbbbbbbbb")), 3U)
      << "the digest hangs on the key of the set";
  digests[1].clear();
  EXPECT_EQ(find_recovery_code(digests, recovery_digest(key, "bbbbbbbbbbbb")), 3U);
}

}  // namespace
}  // namespace conclave::factors
