#include "runtime/authorities/x509.hpp"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <limits>

#include "runtime/authorities/authority.hpp"
#include "runtime/authorities/errors.hpp"

namespace conclave::authorities {

namespace {

using base::Freed;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

constexpr std::size_t kMostSubjectBytes = 256;
constexpr std::int64_t kMsPerS = 1'000;

// Nothing that is encrypted is read, and nobody is asked for a passphrase.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Bio reader_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

template <class T, int (*Encode)(const T*, unsigned char**)>
Bytes der_of(const T* object) {
  unsigned char* der = nullptr;
  const int length = Encode(object, &der);
  if (length <= 0) return {};
  Bytes out(der, der + length);
  OPENSSL_free(der);
  return out;
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) ++found;
  return found;
}

Result<void> check_pem(std::string_view pem, std::size_t most, std::string_view block) {
  if (pem.size() > most) {
    return fail(kAuthorityInvalid, "more than " + std::to_string(most) + " bytes");
  }
  if (pem.contains("PRIVATE KEY-----")) {
    return fail(kAuthorityInvalid, "there is a private key in it; it belongs to its owner alone");
  }
  const std::size_t found = count_of(pem, "-----BEGIN " + std::string(block) + "-----");
  if (found == 1) return {};
  return fail(kAuthorityInvalid, "exactly one PEM block \"" + std::string(block) +
                                     "\" is needed; found " + std::to_string(found));
}

Result<void> check_strength(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return fail(kAuthorityInvalid, "its key is of an unknown kind");
  const bool rsa = EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1;
  if (EVP_PKEY_get_security_bits(key) < kLeastBits ||
      (rsa && EVP_PKEY_get_bits(key) > kMostRsaBits)) {
    return fail(kAuthorityInvalid, "its key has " + std::to_string(EVP_PKEY_get_bits(key)) +
                                       " bits; RSA-2048 to RSA-8192, P-256 or better is needed");
  }
  int bits = 0;
  if (X509_get_signature_info(certificate, nullptr, nullptr, &bits, nullptr) != 1 ||
      bits < kLeastBits) {
    return fail(kAuthorityInvalid, "its signature is weak (SHA-1 or MD5) or of an unknown kind");
  }
  return {};
}

// RFC 5280, 5.2: delta lists and those for a part of the certificates say so in a critical
// extension; read as a full list they would let in who was revoked.
bool is_plain(const X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) == 1) return false;
  }
  return true;
}

}  // namespace

Certificate parse_certificate(ByteView der) {
  const unsigned char* at = der.data();
  Certificate out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return out && at == der.data() + der.size() ? std::move(out) : nullptr;
}

RevocationList parse_list(ByteView der) {
  const unsigned char* at = der.data();
  RevocationList out(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return out && at == der.data() + der.size() ? std::move(out) : nullptr;
}

Result<Bytes> read_authority(std::string_view pem, std::int64_t now_ms) {
  CONCLAVE_TRY(check_pem(pem, kMostPemBytes, "CERTIFICATE"));
  const Certificate read(PEM_read_bio_X509(reader_of(pem).get(), nullptr, &no_passphrase, nullptr));
  ERR_clear_error();
  if (!read) return fail(kAuthorityInvalid, "the PEM block cannot be read as a certificate");
  // 1: version 3 with basicConstraints CA:TRUE, and allowed to sign certificates.
  if (X509_check_ca(read.get()) != 1) {
    return fail(kAuthorityInvalid, "it is no authority: basicConstraints CA:TRUE is missing");
  }
  CONCLAVE_TRY(check_strength(read.get()));
  if (ms_of(X509_get0_notAfter(read.get())) <= now_ms) {
    return fail(kAuthorityInvalid, "it has expired");
  }
  return der_of<X509, i2d_X509>(read.get());
}

Result<network::PresentedChain> read_chain(std::string_view pem) {
  using network::CertificateChain;
  if (pem.contains("PRIVATE KEY-----")) {
    return fail(kAuthorityInvalid, "there is a private key in it; it belongs to its owner alone");
  }
  const Bio in = reader_of(pem);
  auto chain = std::make_shared<CertificateChain>();
  std::size_t bytes = 0;
  for (;;) {
    const Certificate one(PEM_read_bio_X509(in.get(), nullptr, &no_passphrase, nullptr));
    if (!one) break;
    chain->der.push_back(der_of<X509, i2d_X509>(one.get()));
    bytes += chain->der.back().size();
    if (chain->der.size() > CertificateChain::kMostCertificates ||
        bytes > CertificateChain::kMostBytes) {
      ERR_clear_error();
      return fail(kAuthorityInvalid, "a client presents at most 5 certificates, 16 KiB together");
    }
  }
  ERR_clear_error();
  if (chain->der.empty()) return fail(kAuthorityInvalid, "there is no PEM certificate in it");
  return chain;
}

Result<Bytes> read_list(std::string_view pem, X509* authority) {
  CONCLAVE_TRY(check_pem(pem, kMostListPemBytes, "X509 CRL"));
  const RevocationList read(
      PEM_read_bio_X509_CRL(reader_of(pem).get(), nullptr, &no_passphrase, nullptr));
  ERR_clear_error();
  if (!read) return fail(kAuthorityInvalid, "the PEM block cannot be read as a revocation list");
  if (X509_NAME_cmp(X509_CRL_get_issuer(read.get()), X509_get_subject_name(authority)) != 0) {
    return fail(kAuthorityInvalid, "the revocation list is another authority's");
  }
  const bool sound = X509_CRL_verify(read.get(), X509_get0_pubkey(authority)) == 1;
  ERR_clear_error();
  if (!sound) return fail(kAuthorityInvalid, "the revocation list is not signed by the authority");
  if (X509_CRL_get0_nextUpdate(read.get()) == nullptr) {
    return fail(kAuthorityInvalid, "the revocation list does not say when the next one comes");
  }
  if (!is_plain(read.get())) {
    return fail(kAuthorityInvalid, "a delta list, or one for a part of the certificates");
  }
  return der_of<X509_CRL, i2d_X509_CRL>(read.get());
}

std::string subject_of(const X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                                 XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    return {};
  }
  const char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  std::string name(text, static_cast<std::size_t>(length));
  if (name.size() <= kMostSubjectBytes) return name;
  name.resize(kMostSubjectBytes);
  // Not within a character of UTF-8.
  while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xC0) == 0x80) name.pop_back();
  if (!name.empty() && (static_cast<unsigned char>(name.back()) & 0x80) != 0) name.pop_back();
  return name;
}

std::string serial_of(const X509* certificate) {
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* text = number ? BN_bn2hex(number.get()) : nullptr;
  if (text == nullptr) return {};
  std::string out(text);
  OPENSSL_free(text);
  return out;
}

std::int64_t ms_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return static_cast<std::int64_t>(timegm(&parts)) * kMsPerS;
}

}  // namespace conclave::authorities
