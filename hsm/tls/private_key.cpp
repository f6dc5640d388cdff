// EC_KEY_METHOD is deprecated in OpenSSL 3 in favour of providers; it is the seam that works in 3.0
// with 2,500 handshakes a second (design, section 3), and it stays behind this one file.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "hsm/tls/private_key.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <future>

#include "hsm/api/errors.hpp"
#include "runtime/base/assert.hpp"

namespace conclave::hsm::tls {
namespace {

struct EcKeyDeleter {
  void operator()(EC_KEY* key) const { EC_KEY_free(key); }
};
struct SignatureDeleter {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using EcKey = std::unique_ptr<EC_KEY, EcKeyDeleter>;
using Signature = std::unique_ptr<ECDSA_SIG, SignatureDeleter>;

// Owned by the EC_KEY; freed with it.
void free_signer(void*, void* signer, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<SignDigest*>(signer);
}

int signer_index() {
  static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, free_signer);
  return index;
}

Result<Bytes> signature_of(const EC_KEY* key, const unsigned char* digest, int length) {
  const auto* signer = static_cast<SignDigest*>(EC_KEY_get_ex_data(key, signer_index()));
  CONCLAVE_ASSERT(signer != nullptr);
  return (*signer)(ByteView(digest, static_cast<std::size_t>(length)));
}

// OpenSSL calls one or the other, depending on the path; both end in the signer.
int sign_to_buffer(int, const unsigned char* digest, int length, unsigned char* out,
                   unsigned int* out_size, const BIGNUM*, const BIGNUM*, EC_KEY* key) {
  const auto der = signature_of(key, digest, length);
  if (!der || der->size() > static_cast<std::size_t>(ECDSA_size(key))) {
    ERR_raise(ERR_LIB_EC, ERR_R_OPERATION_FAIL);
    return 0;
  }
  std::copy(der->begin(), der->end(), out);
  *out_size = static_cast<unsigned int>(der->size());
  return 1;
}

ECDSA_SIG* sign_to_object(const unsigned char* digest, int length, const BIGNUM*, const BIGNUM*,
                          EC_KEY* key) {
  const auto der = signature_of(key, digest, length);
  if (!der) {
    ERR_raise(ERR_LIB_EC, ERR_R_OPERATION_FAIL);
    return nullptr;
  }
  const auto* data = der->data();
  return d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der->size()));
}

// Lives as long as the process; keys refer to it.
const EC_KEY_METHOD* method() {
  static const EC_KEY_METHOD* const made = [] {
    EC_KEY_METHOD* out = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    CONCLAVE_ASSERT(out != nullptr);
    EC_KEY_METHOD_set_sign(out, sign_to_buffer, nullptr, sign_to_object);
    return out;
  }();
  return made;
}

}  // namespace

void PrivateKeyDeleter::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Result<PrivateKey> make_private_key(ByteView spki, SignDigest sign) {
  const auto* data = spki.data();
  EcKey key(d2i_EC_PUBKEY(nullptr, &data, static_cast<long>(spki.size())));
  if (!key || EC_GROUP_get_curve_name(EC_KEY_get0_group(key.get())) != NID_X9_62_prime256v1) {
    return fail(base::kMalformed, "public key: not P-256");
  }
  // The method must be set before the key goes into an EVP_PKEY: only then is it foreign to
  // OpenSSL's own provider, which would look for private bytes.
  if (EC_KEY_set_method(key.get(), method()) != 1) {
    return fail(base::kInternal, "EC_KEY_set_method");
  }
  auto signer = std::make_unique<SignDigest>(std::move(sign));
  if (EC_KEY_set_ex_data(key.get(), signer_index(), signer.get()) != 1) {
    return fail(base::kInternal, "EC_KEY_set_ex_data");
  }
  static_cast<void>(signer.release());  // the key owns it now
  PrivateKey out(EVP_PKEY_new());
  if (!out || EVP_PKEY_assign_EC_KEY(out.get(), key.get()) != 1) {
    return fail(base::kInternal, "EVP_PKEY_assign_EC_KEY");
  }
  static_cast<void>(key.release());  // so does the EVP_PKEY
  return out;
}

Result<PrivateKey> make_tls_key(api::KeyService& keys, const api::PublicKey& public_key,
                                std::chrono::milliseconds limit) {
  return make_private_key(public_key.spki, [&keys, limit](ByteView digest) -> Result<Bytes> {
    // Shared with the callback, which may come after this thread has given up.
    auto answer = std::make_shared<std::promise<Result<Bytes>>>();
    auto arrived = answer->get_future();
    keys.tls_sign(Bytes(digest.begin(), digest.end()),
                  [answer](Result<Bytes> signature) { answer->set_value(std::move(signature)); });
    if (arrived.wait_for(limit) != std::future_status::ready) {
      return fail(api::kTokenUnavailable, "tls.sign took too long");
    }
    return arrived.get();
  });
}

}  // namespace conclave::hsm::tls
