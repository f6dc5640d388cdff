#include "runtime/factors/credential_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>

#include "hsm/api/signature.hpp"
#include "runtime/factors/errors.hpp"

#include "runtime/base/freed.hpp"

namespace conclave::factors {

namespace {

using hsm::api::SignatureAlgorithm;

// Labels and values of the COSE registries (RFC 9053, tables 18 to 21; RFC 8230, table 4).
constexpr std::int64_t kKeyType = 1;
constexpr std::int64_t kAlgorithm = 3;
constexpr std::int64_t kCurve = -1;
constexpr std::int64_t kX = -2;
constexpr std::int64_t kY = -3;
constexpr std::int64_t kModulus = -1;
constexpr std::int64_t kExponent = -2;
constexpr std::int64_t kOkp = 1;
constexpr std::int64_t kEc2 = 2;
constexpr std::int64_t kRsa = 3;
constexpr std::int64_t kP256 = 1;
constexpr std::int64_t kEd25519 = 6;

constexpr std::size_t kNumber = 32;
constexpr std::size_t kLeastModulus = 256;
constexpr std::size_t kMostModulus = 512;
constexpr std::size_t kMostExponent = 4;

using base::Freed;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

std::int64_t integer(const Cbor& map, std::int64_t label) {
  const Cbor* item = map.find(label);
  const auto* value = item == nullptr ? nullptr : item->as<std::int64_t>();
  return value == nullptr ? 0 : *value;  // no value that is looked for is 0
}

ByteView bytes_of(const Cbor& map, std::int64_t label) {
  const Cbor* item = map.find(label);
  const auto* value = item == nullptr ? nullptr : item->as<ByteView>();
  return value == nullptr ? ByteView() : *value;
}

Bytes copied(ByteView view) {
  return {view.begin(), view.end()};
}

Result<CredentialKey> ec2_key(const Cbor& map) {
  const ByteView x = bytes_of(map, kX);
  const ByteView y = bytes_of(map, kY);
  if (integer(map, kKeyType) != kEc2 || integer(map, kCurve) != kP256 || x.size() != kNumber ||
      y.size() != kNumber) {
    return fail(kWebAuthnMalformed, "ES256 key");
  }
  CredentialKey key{CoseAlgorithm::es256, {0x04}, {}, {}};
  key.point.insert(key.point.end(), x.begin(), x.end());
  key.point.insert(key.point.end(), y.begin(), y.end());
  if (!hsm::api::make_verify_key(SignatureAlgorithm::es256, key.point)) {
    return fail(kWebAuthnMalformed, "ES256 key: not a point on P-256");
  }
  return key;
}

Result<CredentialKey> okp_key(const Cbor& map) {
  const ByteView x = bytes_of(map, kX);
  if (integer(map, kKeyType) != kOkp || integer(map, kCurve) != kEd25519 ||
      !hsm::api::make_verify_key(SignatureAlgorithm::ed25519, x)) {
    return fail(kWebAuthnMalformed, "EdDSA key");
  }
  return CredentialKey{CoseAlgorithm::eddsa, copied(x), {}, {}};
}

Result<CredentialKey> rsa_key(const Cbor& map) {
  const ByteView n = bytes_of(map, kModulus);
  const ByteView e = bytes_of(map, kExponent);
  const bool sized = n.size() >= kLeastModulus && n.size() <= kMostModulus && !e.empty() &&
                     e.size() <= kMostExponent;
  if (integer(map, kKeyType) != kRsa || !sized || n.front() == 0 || e.front() == 0 ||
      (n.back() & 1U) == 0 || (e.back() & 1U) == 0 || (e.size() == 1 && e.front() == 1)) {
    return fail(kWebAuthnMalformed, "RS256 key");
  }
  return CredentialKey{CoseAlgorithm::rs256, {}, copied(n), copied(e)};
}

// r | s of a DER signature; empty when it is not in the one form that DER allows.
Bytes raw_signature(ByteView der) {
  const unsigned char* at = der.data();
  const EcdsaSignature parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!parts || at != der.data() + der.size()) return {};
  unsigned char* again = nullptr;
  const int size = i2d_ECDSA_SIG(parts.get(), &again);
  const bool same =
      size > 0 && std::ranges::equal(ByteView(again, static_cast<std::size_t>(size)), der);
  OPENSSL_free(again);
  Bytes out(2 * kNumber);
  const bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out.data(), kNumber) > 0 &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out.data() + kNumber, kNumber) > 0;
  return same && fits ? out : Bytes();
}

Key rsa_public(const CredentialKey& key) {
  const Number n(BN_bin2bn(key.modulus.data(), static_cast<int>(key.modulus.size()), nullptr));
  const Number e(BN_bin2bn(key.exponent.data(), static_cast<int>(key.exponent.size()), nullptr));
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return Key(made);
}

bool verify_rsa(const CredentialKey& key, ByteView message, ByteView signature) {
  const Key made = rsa_public(key);
  const DigestContext context(EVP_MD_CTX_new());
  return made && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, made.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

}  // namespace

Result<CredentialKey> parse_credential_key(ByteView cose) {
  auto map = parse_cbor(cose);
  if (!map) return std::unexpected(map.error());
  switch (integer(*map, kAlgorithm)) {
    case static_cast<std::int64_t>(CoseAlgorithm::es256):
      return ec2_key(*map);
    case static_cast<std::int64_t>(CoseAlgorithm::eddsa):
      return okp_key(*map);
    case static_cast<std::int64_t>(CoseAlgorithm::rs256):
      return rsa_key(*map);
    default:
      return fail(kWebAuthnMalformed, "key: neither ES256 nor EdDSA nor RS256");
  }
}

bool verify(const CredentialKey& key, ByteView message, ByteView signature) {
  switch (key.algorithm) {
    case CoseAlgorithm::es256:
      return hsm::api::verify({SignatureAlgorithm::es256, key.point}, message,
                              raw_signature(signature));
    case CoseAlgorithm::eddsa:
      return hsm::api::verify({SignatureAlgorithm::ed25519, key.point}, message, signature);
    case CoseAlgorithm::rs256:
      return verify_rsa(key, message, signature);
  }
  return false;
}

}  // namespace conclave::factors
