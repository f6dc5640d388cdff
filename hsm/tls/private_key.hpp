#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "hsm/api/key_service.hpp"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

// The seam between OpenSSL and a P-256 key that stays in the token.
namespace conclave::hsm::tls {

struct PrivateKeyDeleter {
  void operator()(evp_pkey_st* key) const;
};
// For SSL_CTX_use_PrivateKey, which takes a reference of its own.
using PrivateKey = std::unique_ptr<evp_pkey_st, PrivateKeyDeleter>;

// Signs a digest; answers a DER ECDSA signature. Called on whichever thread OpenSSL signs on.
using SignDigest = std::function<Result<Bytes>(ByteView digest)>;

// `spki`: SubjectPublicKeyInfo (DER) of a P-256 key. SSL_CTX_check_private_key accepts the result.
[[nodiscard]] Result<PrivateKey> make_private_key(ByteView spki, SignDigest sign);

// Signatures go to keyd's `tls` key. The thread of the handshake BLOCKS until keyd has answered, at
// most `limit` (then the handshake fails): run handshakes on a pool, never on an I/O or shard
// thread and never on the KeyService's own callback thread. `keys` must outlive the key.
[[nodiscard]] Result<PrivateKey> make_tls_key(api::KeyService& keys,
                                              const api::PublicKey& public_key,
                                              std::chrono::milliseconds limit);

}  // namespace conclave::hsm::tls
