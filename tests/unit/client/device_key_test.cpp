#include "sdk/client/device_key.hpp"

#include <gmock/gmock.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace conclave::client {
namespace {

// An independent check: the public key from its 65 bytes, the signature put back into DER.
bool verifies(const Bytes& point, ByteView message, const Bytes& signature) {
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>("P-256"), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX* maker = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(maker);
  EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, params);
  ECDSA_SIG* parts = ECDSA_SIG_new();
  ECDSA_SIG_set0(parts, BN_bin2bn(signature.data(), 32, nullptr),
                 BN_bin2bn(signature.data() + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(parts, &der);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const bool good = EVP_DigestVerify(context, der, static_cast<std::size_t>(size), message.data(),
                                     message.size()) == 1;
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(parts);
  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(maker);
  return good;
}

TEST(DeviceKey, SignsWhatItsPublicPointVerifies) {
  const auto key = DeviceKey::make();
  ASSERT_TRUE(key.has_value());
  ASSERT_EQ(key->point().size(), 65U);
  EXPECT_EQ(key->point()[0], 4);
  const Bytes message = base::to_bytes("transcript");
  // Enough signatures to meet halves with leading zeros.
  for (int i = 0; i < 300; ++i) {
    const auto signature = key->sign(message);
    ASSERT_TRUE(signature.has_value());
    ASSERT_EQ(signature->size(), 64U);
    EXPECT_TRUE(verifies(key->point(), message, *signature));
  }
  const auto other = key->sign(base::to_bytes("another"));
  EXPECT_FALSE(verifies(key->point(), message, *other));
}

TEST(DeviceKey, SurvivesItsTextForm) {
  const auto key = DeviceKey::make();
  const auto pem = key->pem();
  ASSERT_TRUE(pem.has_value());
  const auto again = DeviceKey::from_pem(*pem);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->point(), key->point());
}

TEST(DeviceKey, RefusesDamagedText) {
  EXPECT_FALSE(DeviceKey::from_pem("").has_value());
  EXPECT_FALSE(DeviceKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
                   .has_value());
}

}  // namespace
}  // namespace conclave::client
