#include "hsm/api/signature.hpp"

#include <gtest/gtest.h>

#include "runtime/base/encoding.hpp"

namespace conclave::hsm::api {
namespace {

Bytes hex(std::string_view text) {
  return base::hex_decode(text).value();
}

// RFC 6979, A.2.5: P-256, SHA-256, message "sample".
const Bytes kPoint =
    hex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
const Bytes kSignature =
    hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");

// RFC 8032, 7.1, test 2: message 0x72.
const Bytes kEdKey = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const Bytes kEdSignature =
    hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

TEST(Signature, es256_of_the_standard_verifies) {
  const auto key = make_verify_key(SignatureAlgorithm::es256, kPoint);
  ASSERT_TRUE(key);
  EXPECT_TRUE(verify(*key, base::as_bytes("sample"), kSignature));
  EXPECT_FALSE(verify(*key, base::as_bytes("samplf"), kSignature));
  Bytes changed = kSignature;
  changed[40] ^= 1;
  EXPECT_FALSE(verify(*key, base::as_bytes("sample"), changed));
  changed.push_back(0);
  EXPECT_FALSE(verify(*key, base::as_bytes("sample"), changed));
  EXPECT_FALSE(verify(*key, base::as_bytes("sample"), Bytes(64)));
}

TEST(Signature, ed25519_of_the_standard_verifies) {
  const auto key = make_verify_key(SignatureAlgorithm::ed25519, kEdKey);
  ASSERT_TRUE(key);
  EXPECT_TRUE(verify(*key, Bytes{0x72}, kEdSignature));
  EXPECT_FALSE(verify(*key, Bytes{0x73}, kEdSignature));
  EXPECT_FALSE(verify(*key, Bytes{0x72}, ByteView(kEdSignature).first(63)));
}

TEST(Signature, points_off_the_curve_and_wrong_sizes_are_refused) {
  Bytes off = kPoint;
  off[64] ^= 1;
  EXPECT_FALSE(make_verify_key(SignatureAlgorithm::es256, off));
  EXPECT_FALSE(make_verify_key(SignatureAlgorithm::es256, ByteView(kPoint).first(64)));
  EXPECT_FALSE(make_verify_key(SignatureAlgorithm::ed25519, Bytes(32)));
  EXPECT_FALSE(make_verify_key(SignatureAlgorithm::ed25519, kPoint));
}

TEST(Signature, a_key_of_one_algorithm_does_not_verify_the_other) {
  const VerifyKey confused{SignatureAlgorithm::ed25519, kPoint};
  EXPECT_FALSE(verify(confused, base::as_bytes("sample"), kSignature));
}

TEST(Signature, algorithm_names_are_exact) {
  EXPECT_EQ(*parse_algorithm("ES256"), SignatureAlgorithm::es256);
  EXPECT_EQ(*parse_algorithm("Ed25519"), SignatureAlgorithm::ed25519);
  for (const auto* wrong : {"es256", "ed25519", "none", "", "ES256 "}) {
    EXPECT_FALSE(parse_algorithm(wrong)) << wrong;
  }
  EXPECT_EQ(to_text(SignatureAlgorithm::ed25519), "Ed25519");
}

}  // namespace
}  // namespace conclave::hsm::api
