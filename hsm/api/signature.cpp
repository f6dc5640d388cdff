#include "hsm/api/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include <memory>

#include "runtime/base/freed.hpp"

namespace conclave::hsm::api {
namespace {

constexpr std::size_t kP256Point = 65;
constexpr std::size_t kP256Number = 32;

using base::Freed;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

// Null when the point is not on the curve: OpenSSL checks that when it decodes.
Key p256_key(ByteView point) {
  if (point.size() != kP256Point || point.front() != 0x04) return nullptr;
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  Bytes copy(point.begin(), point.end());
  char group[] = "prime256v1";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.data(), copy.size()),
      OSSL_PARAM_construct_end(),
  };
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return nullptr;
  return Key(key);
}

bool verify_es256(ByteView point, ByteView message, ByteView signature) {
  if (signature.size() != 2 * kP256Number) return false;
  const Key key = p256_key(point);
  if (!key) return false;
  const Signature parts(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.data(), kP256Number, nullptr);
  BIGNUM* s = BN_bin2bn(signature.data() + kP256Number, kP256Number, nullptr);
  if (!parts || ECDSA_SIG_set0(parts.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return false;
  }
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(parts.get(), &der);
  if (length <= 0) return false;
  const DigestContext context(EVP_MD_CTX_new());
  const bool good =
      context &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(length), message.data(),
                       message.size()) == 1;
  OPENSSL_free(der);
  return good;
}

}  // namespace

Result<SignatureAlgorithm> parse_algorithm(std::string_view text) {
  if (text == "ES256") return SignatureAlgorithm::es256;
  if (text == "Ed25519") return SignatureAlgorithm::ed25519;
  return fail(base::kMalformed, "algorithm: ES256 or Ed25519");
}

std::string_view to_text(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::es256 ? "ES256" : "Ed25519";
}

Result<VerifyKey> make_verify_key(SignatureAlgorithm algorithm, ByteView point) {
  if (algorithm == SignatureAlgorithm::es256) {
    if (!p256_key(point)) return fail(base::kMalformed, "not a point on P-256 (65 bytes)");
  } else {
    if (point.size() != crypto_sign_PUBLICKEYBYTES ||
        crypto_core_ed25519_is_valid_point(point.data()) != 1) {
      return fail(base::kMalformed, "not an Ed25519 key (32 bytes)");
    }
  }
  return VerifyKey{algorithm, Bytes(point.begin(), point.end())};
}

bool verify(const VerifyKey& key, ByteView message, ByteView signature) {
  if (key.algorithm == SignatureAlgorithm::es256) {
    return verify_es256(key.point, message, signature);
  }
  return key.point.size() == crypto_sign_PUBLICKEYBYTES && signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     key.point.data()) == 0;
}

}  // namespace conclave::hsm::api
