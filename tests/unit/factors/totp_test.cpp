#include "runtime/factors/totp.hpp"

#include <gtest/gtest.h>

namespace conclave::factors {
namespace {

// RFC 6238, appendix B; its seeds are the ASCII digits, repeated to the digest's length.
struct Vector {
  std::int64_t time_s;
  const char* sha1;
  const char* sha256;
  const char* sha512;
};
constexpr Vector kVectors[] = {
    {59, "94287082", "46119246", "90693936"},
    {1111111109, "07081804", "68084774", "25091201"},
    {1111111111, "14050471", "67062674", "99943326"},
    {1234567890, "89005924", "91819424", "93441116"},
    {2000000000, "69279037", "90698825", "38618901"},
    {20000000000, "65353130", "77737706", "47863826"},
};

Bytes seed_of(std::size_t length) {
  Bytes out;
  for (std::size_t i = 0; i < length; ++i)
    out.push_back(static_cast<std::uint8_t>('0' + (i + 1) % 10));
  return out;
}

TEST(Totp, GivesTheCodesOfRfc6238) {
  for (const Vector& vector : kVectors) {
    const auto code = [&](TotpDigest digest, std::size_t length) {
      const TotpForm form{digest, 8, 30};
      return hotp(form, seed_of(length), totp_step(form, vector.time_s * 1000));
    };
    EXPECT_EQ(code(TotpDigest::sha1, 20), vector.sha1) << vector.time_s;
    EXPECT_EQ(code(TotpDigest::sha256, 32), vector.sha256) << vector.time_s;
    EXPECT_EQ(code(TotpDigest::sha512, 64), vector.sha512) << vector.time_s;
  }
}

// RFC 4226, appendix D.
TEST(Totp, GivesTheCodesOfRfc4226) {
  const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                               "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t counter = 0; counter < 10; ++counter) {
    EXPECT_EQ(hotp({}, seed_of(20), counter), codes[counter]);
  }
}

constexpr std::int64_t kNow_ms = 1'700'000'010'000;

TEST(Totp, TakesTheStepOfNowAndItsNeighbours) {
  const TotpForm form;
  const Bytes seed = seed_of(20);
  const std::uint64_t now = totp_step(form, kNow_ms);
  for (std::uint64_t step = now - 3; step <= now + 3; ++step) {
    const bool near = step + 1 >= now && step <= now + 1;
    const auto matched = match_totp(form, seed, hotp(form, seed, step), kNow_ms, 0);
    EXPECT_EQ(matched.has_value(), near) << step;
    if (matched) EXPECT_EQ(*matched, step);
  }
}

TEST(Totp, TakesAStepOnce) {
  const TotpForm form;
  const Bytes seed = seed_of(20);
  const std::uint64_t now = totp_step(form, kNow_ms);
  const std::string code = hotp(form, seed, now);
  EXPECT_TRUE(match_totp(form, seed, code, kNow_ms, now - 1));
  EXPECT_FALSE(match_totp(form, seed, code, kNow_ms, now));
  EXPECT_FALSE(match_totp(form, seed, hotp(form, seed, now - 1), kNow_ms, now))
      << "nor an older one after it";
  EXPECT_TRUE(match_totp(form, seed, hotp(form, seed, now + 1), kNow_ms, now));
}

TEST(Totp, RefusesOtherCodes) {
  const TotpForm form;
  const Bytes seed = seed_of(20);
  const std::string code = hotp(form, seed, totp_step(form, kNow_ms));
  EXPECT_FALSE(match_totp(form, seed, code.substr(1), kNow_ms, 0));
  EXPECT_FALSE(match_totp(form, seed, code + "0", kNow_ms, 0));
  EXPECT_FALSE(match_totp(form, seed, "", kNow_ms, 0));
  std::string other = code;
  other[0] = other[0] == '9' ? '0' : static_cast<char>(other[0] + 1);
  EXPECT_FALSE(match_totp(form, seed, other, kNow_ms, 0));
}

// RFC 4648, section 10, without padding.
TEST(Totp, WritesSeedsInBase32) {
  const auto text = [](std::string_view bytes) { return seed_text(base::as_bytes(bytes)); };
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("f"), "MY");
  EXPECT_EQ(text("fo"), "MZXQ");
  EXPECT_EQ(text("foo"), "MZXW6");
  EXPECT_EQ(text("foob"), "MZXW6YQ");
  EXPECT_EQ(text("fooba"), "MZXW6YTB");
  EXPECT_EQ(text("foobar"), "MZXW6YTBOI");
}

TEST(Totp, WritesAUriThatApplicationsTake) {
  EXPECT_EQ(otpauth_uri({}, base::as_bytes("foobar"), "My Chat: 1", "ada@example.org"),
            "otpauth://totp/My%20Chat%3A%201:ada@example.org?secret=MZXW6YTBOI"
            "&issuer=My%20Chat%3A%201&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace conclave::factors
