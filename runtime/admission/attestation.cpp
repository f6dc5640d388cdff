#include "runtime/admission/attestation.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <cstdio>

#include "runtime/base/freed.hpp"

namespace conclave::admission {

namespace {

using base::Freed;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
struct FreedPath {
  void operator()(STACK_OF(X509) * path) const { sk_X509_free(path); }  // not what is in it
};
using Path = std::unique_ptr<STACK_OF(X509), FreedPath>;

constexpr std::size_t kMostCertificates = 5;
constexpr std::size_t kMostBytes = 8'192;

Certificate parse(const Bytes& der) {
  if (der.empty() || der.size() > kMostBytes) return nullptr;
  const unsigned char* at = der.data();
  Certificate out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(out) : nullptr;
}

// As hsm::api::VerifyKey::point holds it; empty for a key of another kind.
Bytes point_of(X509* certificate, hsm::api::SignatureAlgorithm algorithm) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return {};
  Bytes out(65);
  std::size_t length = out.size();
  if (algorithm == hsm::api::SignatureAlgorithm::ed25519) {
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return {};
    if (EVP_PKEY_get_raw_public_key(key, out.data(), &length) != 1) return {};
  } else {
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return {};
    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out.data(), out.size(),
                                        &length) != 1) {
      return {};
    }
  }
  out.resize(length);
  return out;
}

}  // namespace

struct AttestationRoots::Store {
  std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> roots{X509_STORE_new()};
};

AttestationRoots::AttestationRoots() = default;
AttestationRoots::~AttestationRoots() = default;
AttestationRoots::AttestationRoots(AttestationRoots&&) noexcept = default;
AttestationRoots& AttestationRoots::operator=(AttestationRoots&&) noexcept = default;

Result<AttestationRoots> AttestationRoots::load(const std::filesystem::path& pem) {
  AttestationRoots out;
  out.store_ = std::make_unique<Store>();
  const std::unique_ptr<std::FILE, Freed<std::fclose>> file(std::fopen(pem.c_str(), "re"));
  if (!file) return fail(kAttestationRoots, "cannot read " + pem.string());
  std::size_t count = 0;
  for (;;) {
    const Certificate root(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
    if (!root) break;
    if (X509_STORE_add_cert(out.store_->roots.get(), root.get()) != 1) {
      return fail(kAttestationRoots, pem.string());
    }
    ++count;
  }
  if (count == 0) return fail(kAttestationRoots, pem.string());
  return out;
}

bool AttestationRoots::prove(std::span<const Bytes> chain, const hsm::api::VerifyKey& key) const {
  if (!store_ || chain.empty() || chain.size() > kMostCertificates) return false;
  const Certificate leaf = parse(chain.front());
  if (!leaf || point_of(leaf.get(), key.algorithm) != key.point) return false;
  std::vector<Certificate> others;
  const Path path(sk_X509_new_null());
  for (const Bytes& der : chain.subspan(1)) {
    others.push_back(parse(der));
    if (!others.back() || sk_X509_push(path.get(), others.back().get()) <= 0) return false;
  }
  const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(check.get(), store_->roots.get(), leaf.get(), path.get()) != 1) {
    return false;
  }
  return X509_verify_cert(check.get()) == 1;
}

}  // namespace conclave::admission
