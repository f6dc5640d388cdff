#include "sdk/client/device_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "sdk/client/errors.hpp"

namespace conclave::client {
namespace {

constexpr std::size_t kHalf = 32;
constexpr std::size_t kPointSize = 65;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeSignature {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

std::unexpected<Error> refused(std::string_view what) {
  char text[256] = {};
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return fail(kCryptography, std::string(what) + ": " + text);
}

// DER SEQUENCE of two integers to RFC 7518's fixed width.
Result<Bytes> fixed_width(ByteView der) {
  const unsigned char* at = der.data();
  const std::unique_ptr<ECDSA_SIG, FreeSignature> parsed(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed) return refused("signature form");
  Bytes out(2 * kHalf);
  const bool fits =
      BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.data(), kHalf) == int{kHalf} &&
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.data() + kHalf, kHalf) == int{kHalf};
  if (!fits) return refused("signature size");
  return out;
}

}  // namespace

void DeviceKey::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Result<DeviceKey> DeviceKey::adopt(Handle key) {
  if (!key || EVP_PKEY_is_a(key.get(), "EC") != 1) return fail(kCryptography, "not a P-256 key");
  Bytes point(kPointSize);
  std::size_t size = 0;
  const int read = EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                                   point.data(), point.size(), &size);
  if (read != 1 || size != kPointSize) return fail(kCryptography, "not a P-256 key");
  return DeviceKey(std::move(key), std::move(point));
}

Result<DeviceKey> DeviceKey::make() {
  Handle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) return refused("key generation");
  return adopt(std::move(key));
}

Result<DeviceKey> DeviceKey::from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // An encrypted file is refused instead of asking on the terminal.
  pem_password_cb* const no_password = [](char*, int, int, void*) { return -1; };
  Handle key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  if (!key) return refused("key file");
  return adopt(std::move(key));
}

Result<Bytes> DeviceKey::sign(ByteView message) const {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  const bool ready =
      context &&
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1;
  if (!ready) return refused("sign");
  Bytes der(size);
  if (EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()) != 1) {
    return refused("sign");
  }
  return fixed_width(ByteView(der).first(size));
}

Result<std::string> DeviceKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    return refused("key form");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace conclave::client
