#include "tests/unit/authorities/minted.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>

namespace conclave::authorities::testing {

namespace {

std::shared_ptr<EVP_PKEY> make_key(const std::string& kind) {
  EVP_PKEY* key = nullptr;
  if (kind.starts_with("RSA-")) {
    key = EVP_RSA_gen(static_cast<unsigned>(std::stoi(kind.substr(4))));
  } else if (kind == "ED25519") {
    key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  } else {
    key = EVP_EC_gen(kind.c_str());
  }
  return {key, [](EVP_PKEY* gone) { EVP_PKEY_free(gone); }};
}

std::time_t at(int days) {
  return static_cast<std::time_t>((kNowMs + days * kDayMs) / 1'000);
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string text_of(BIO* out) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(out, &text);
  std::string read(text, static_cast<std::size_t>(length));
  BIO_free(out);
  return read;
}

const EVP_MD* digest_of(const Wanted& wanted) {
  return wanted.kind == "ED25519" ? nullptr : EVP_get_digestbyname(wanted.digest.c_str());
}

}  // namespace

Bytes Minted::der() const {
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate.get(), &der);
  Bytes out(der, der + length);
  OPENSSL_free(der);
  return out;
}

std::string Minted::pem() const {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate.get());
  return text_of(out);
}

std::string Minted::key_pem() const {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(out);
}

Minted mint(const Wanted& wanted, const Minted* issuer) {
  Minted out;
  out.key = make_key(wanted.kind);
  out.certificate = {X509_new(), [](X509* gone) { X509_free(gone); }};
  X509* made = out.certificate.get();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), wanted.serial);
  ASN1_TIME_set(X509_getm_notBefore(made), at(wanted.from_days));
  ASN1_TIME_set(X509_getm_notAfter(made), at(wanted.until_days));
  X509_set_pubkey(made, out.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1,
                             0);
  X509* signer = issuer == nullptr ? made : issuer->certificate.get();
  X509_set_issuer_name(made, X509_get_subject_name(signer));
  if (wanted.authority) {
    std::string basic = "critical,CA:TRUE";
    if (wanted.path_length >= 0) basic += ",pathlen:" + std::to_string(wanted.path_length);
    extend(made, signer, NID_basic_constraints, basic);
    extend(made, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    extend(made, signer, NID_key_usage, "critical,digitalSignature");
    if (!wanted.purpose.empty()) extend(made, signer, NID_ext_key_usage, wanted.purpose);
  }
  X509_sign(made, (issuer == nullptr ? out : *issuer).key.get(), digest_of(wanted));
  return out;
}

Minted mint_root(const std::string& name) {
  return mint({.name = name, .from_days = -100, .until_days = 1'000, .authority = true});
}

std::string mint_list(const Minted& issuer, const WantedList& wanted) {
  X509_CRL* list = X509_CRL_new();
  X509_CRL_set_version(list, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.certificate.get()));
  ASN1_TIME* time = ASN1_TIME_set(nullptr, at(wanted.from_days));
  X509_CRL_set1_lastUpdate(list, time);
  for (const long serial : wanted.serials) {
    X509_REVOKED* entry = X509_REVOKED_new();
    ASN1_INTEGER* number = ASN1_INTEGER_new();
    ASN1_INTEGER_set(number, serial);
    X509_REVOKED_set_serialNumber(entry, number);
    X509_REVOKED_set_revocationDate(entry, time);
    ASN1_INTEGER_free(number);
    X509_CRL_add0_revoked(list, entry);
  }
  ASN1_TIME_set(time, at(wanted.until_days));
  X509_CRL_set1_nextUpdate(list, time);
  ASN1_TIME_free(time);
  if (wanted.delta) {
    ASN1_INTEGER* base = ASN1_INTEGER_new();
    ASN1_INTEGER_set(base, 1);
    X509_CRL_add1_ext_i2d(list, NID_delta_crl, base, 1, 0);
    ASN1_INTEGER_free(base);
  }
  X509_CRL_sort(list);
  X509_CRL_sign(list, issuer.key.get(), EVP_sha256());
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509_CRL(out, list);
  X509_CRL_free(list);
  return text_of(out);
}

network::PresentedChain chain_of(const std::vector<const Minted*>& certificates) {
  auto out = std::make_shared<network::CertificateChain>();
  for (const Minted* each : certificates) out->der.push_back(each->der());
  return out;
}

}  // namespace conclave::authorities::testing
