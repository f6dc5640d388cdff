#include "runtime/server/tls_identity.hpp"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace conclave::server {
namespace {

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Ptr = std::unique_ptr<X509, X509Deleter>;

bool is_address(const std::string& name) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), buffer) == 1 ||
         inet_pton(AF_INET6, name.c_str(), buffer) == 1;
}

Bytes der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return {};
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Bytes spki_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Result<wire::TlsIdentity> read_certificates(const std::string& file, Bytes spki) {
  const std::unique_ptr<BIO, BioDeleter> bio(BIO_new_file(file.c_str(), "r"));
  if (!bio) return fail(kCertificateUnusable, "cannot read " + file);
  wire::TlsIdentity identity;
  while (X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (identity.leaf.empty()) {
      if (spki_of(certificate.get()) != spki) {
        return fail(kCertificateUnusable, file + " is for another key");
      }
      identity.leaf = der_of(certificate.get());
    } else {
      identity.chain.push_back(der_of(certificate.get()));
    }
  }
  if (identity.leaf.empty()) return fail(kCertificateUnusable, "no certificate in " + file);
  identity.spki = std::move(spki);
  return identity;
}

}  // namespace

Task<Result<wire::TlsIdentity>> make_tls_identity(hsm::api::KeyService& keys, config::Tls tls) {
  auto key =
      co_await async::await_callback<hsm::api::PublicKey>([&](Callback<hsm::api::PublicKey> done) {
        keys.public_key(hsm::api::PublicKeyKind::tls, std::move(done));
      });
  if (!key) co_return std::unexpected(std::move(key).error());
  if (!tls.certificate_file.empty()) {
    co_return read_certificates(tls.certificate_file.string(), std::move(key->spki));
  }
  hsm::api::CertificateRequest request;
  request.profile = "tls-server";
  request.spki = key->spki;
  for (std::string& name : tls.names) {
    (is_address(name) ? request.ip_addresses : request.dns_names).push_back(std::move(name));
  }
  auto issued = co_await async::await_callback<hsm::api::IssuedCertificate>(
      [&](Callback<hsm::api::IssuedCertificate> done) {
        keys.issue_certificate(std::move(request), std::move(done));
      });
  if (!issued) co_return std::unexpected(std::move(issued).error());
  co_return wire::TlsIdentity{std::move(issued->leaf), std::move(issued->chain),
                              std::move(key->spki)};
}

}  // namespace conclave::server
