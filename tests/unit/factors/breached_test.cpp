#include "runtime/factors/breached.hpp"

#include <gtest/gtest.h>

#include <string>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"

namespace conclave::factors {
namespace {

bool breached(std::string_view password) {
  return is_breached(base::as_bytes(password));
}

TEST(Breached, KnowsWhatStandsOnTheList) {
  for (const char* password : {"password", "12345678", "football", "iloveyou", "sunshine",
                               "qwertyuiop", "1234567890", "password1", "trustno1"}) {
    EXPECT_TRUE(breached(password)) << password;
  }
}

TEST(Breached, TakesCapitalsForSmallLetters) {
  EXPECT_TRUE(breached("PassWord"));
  EXPECT_TRUE(breached("QWERTYUIOP"));
}

TEST(Breached, LetsOthersPass) {
  for (const char* password : {"correct horse battery", "Gp7#vq-Lm2zT", "", "pässword",
                               "a long sentence that nobody else uses"}) {
    EXPECT_FALSE(breached(password)) << password;
  }
}

// 4.2 in a million are expected: 1.7 of these, and more than 10 by chance once in 100,000 lists.
TEST(Breached, TakesFewOthersForOneOfTheList) {
  EXPECT_GT(breached_count(), 17'000U);
  int hits = 0;
  for (std::uint64_t i = 0; i < 400'000; ++i) {
    const base::Sha256 random = base::sha256(base::ByteWriter(8).u64(i).bytes());
    if (breached(base::base64url_encode(ByteView(random).first(12)))) ++hits;
  }
  EXPECT_LE(hits, 10);
}

}  // namespace
}  // namespace conclave::factors
