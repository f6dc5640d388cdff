#include "hsm/keyd/certificate.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "hsm/api/errors.hpp"
#include "hsm/keyd/public_keys.hpp"
#include "runtime/base/random.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::int64_t kDay_s = 86'400;
constexpr std::int64_t kRootDays = 3'652;
constexpr std::int64_t kIssuingDays = 730;
constexpr std::int64_t kLeafDays = 90;
constexpr std::int64_t kSkew_s = 300;  // clocks of clients may be a little behind
constexpr std::size_t kMostNames = 64;
constexpr std::size_t kSerialSize = 16;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;

Error broken(std::string_view what) {
  return Error(base::kInternal, "certificate: " + std::string(what));
}

Certificate parse(ByteView der) {
  const auto* data = der.data();
  return Certificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
}

bool add_extension(X509& certificate, const X509* issuer, int type, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, const_cast<X509*>(issuer), &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, type, value.c_str()));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

bool set_name(X509_NAME* name, std::string_view common_name) {
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

struct Profile {
  std::string common_name;
  std::int64_t days = 0;
  std::vector<std::pair<int, std::string>> extensions;
};

// Everything but the signature. `issuer` null: self-signed.
Result<Certificate> build(const Profile& profile, ByteView spki, const X509* issuer,
                          std::int64_t now_ms) {
  Certificate certificate(X509_new());
  const auto* data = spki.data();
  const Key key(d2i_PUBKEY(nullptr, &data, static_cast<long>(spki.size())));
  if (!certificate || !key) return std::unexpected(broken("public key"));
  Bytes serial = base::system_random().bytes(kSerialSize);
  serial.front() = static_cast<std::uint8_t>((serial.front() & 0x7fU) | 0x40U);  // positive
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  const bool numbered =
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get())) != nullptr;
  BN_free(number);
  const auto now_s = static_cast<time_t>(now_ms / 1000);
  const bool set =
      numbered && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), now_s - kSkew_s) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), now_s + profile.days * kDay_s) !=
          nullptr &&
      set_name(X509_get_subject_name(certificate.get()), profile.common_name) &&
      X509_set_issuer_name(certificate.get(),
                           X509_get_subject_name(issuer != nullptr ? issuer : certificate.get())) ==
          1 &&
      X509_set_pubkey(certificate.get(), key.get()) == 1;
  if (!set) return std::unexpected(broken("fields"));
  for (const auto& [type, value] : profile.extensions) {
    if (!add_extension(*certificate, issuer != nullptr ? issuer : certificate.get(), type, value)) {
      return std::unexpected(broken(OBJ_nid2sn(type)));
    }
  }
  return certificate;
}

// Encodes what is signed, has the token sign it, and puts the signature in place.
Result<Bytes> sign(X509& certificate, const SignDigest& signer) {
  const X509_ALGOR* outer = nullptr;
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, &outer, &certificate);
  // OpenSSL offers these fields for reading only, because it expects to sign with a key of its own.
  auto* inner = const_cast<X509_ALGOR*>(X509_get0_tbs_sigalg(&certificate));
  const auto* algorithm = OBJ_nid2obj(NID_ecdsa_with_SHA256);
  X509_ALGOR_set0(inner, const_cast<ASN1_OBJECT*>(algorithm), V_ASN1_UNDEF, nullptr);
  X509_ALGOR_set0(const_cast<X509_ALGOR*>(outer), const_cast<ASN1_OBJECT*>(algorithm), V_ASN1_UNDEF,
                  nullptr);
  unsigned char* to_sign = nullptr;
  const int length = i2d_re_X509_tbs(&certificate, &to_sign);
  if (length <= 0) return std::unexpected(broken("encoding"));
  const auto digest = base::sha256(ByteView(to_sign, static_cast<std::size_t>(length)));
  OPENSSL_free(to_sign);
  const auto r_and_s = signer(digest);
  if (!r_and_s) return std::unexpected(r_and_s.error());
  auto der = der_signature(*r_and_s);
  auto* bits = const_cast<ASN1_BIT_STRING*>(signature);
  if (ASN1_BIT_STRING_set(bits, der.data(), static_cast<int>(der.size())) != 1) {
    return std::unexpected(broken("signature"));
  }
  // No unused bits, and OpenSSL must not cut trailing zeros.
  bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07L);
  bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
  unsigned char* encoded = nullptr;
  const int size = i2d_X509(&certificate, &encoded);
  if (size <= 0) return std::unexpected(broken("encoding"));
  Bytes out(encoded, encoded + size);
  OPENSSL_free(encoded);
  return out;
}

Result<Bytes> build_and_sign(const Profile& profile, ByteView spki, const X509* issuer,
                             std::int64_t now_ms, const SignDigest& signer) {
  auto certificate = build(profile, spki, issuer, now_ms);
  if (!certificate) return std::unexpected(std::move(certificate).error());
  return sign(**certificate, signer);
}

bool is_dns_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, allowed) &&
         name.front() != '.' && name.front() != '-' && name.back() != '.' &&
         name.find("..") == std::string_view::npos;
}

// Digits, hexadecimal letters, dots and colons only: the text goes into OpenSSL's configuration
// syntax, where a comma would begin another entry; OpenSSL checks the rest.
bool is_address(std::string_view text) {
  return !text.empty() && text.size() <= 45 &&
         text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

Result<std::string> alternative_names(const api::CertificateRequest& request) {
  const auto total = request.dns_names.size() + request.ip_addresses.size();
  if (total == 0 || total > kMostNames) {
    return fail(api::kKeyRequestRefused, "a certificate needs 1 to 64 names");
  }
  std::string out;
  for (const auto& name : request.dns_names) {
    if (!is_dns_name(name)) return fail(api::kKeyRequestRefused, "not a host name: " + name);
    out += (out.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const auto& address : request.ip_addresses) {
    if (!is_address(address)) return fail(api::kKeyRequestRefused, "not an address: " + address);
    out += (out.empty() ? "IP:" : ",IP:") + address;
  }
  return out;
}

}  // namespace

Result<Authority> make_authority(std::string_view name, ByteView root_spki,
                                 const SignDigest& sign_as_root, ByteView issuing_spki,
                                 std::int64_t now_ms) {
  Authority out;
  const Profile root{std::string(name) + " root",
                     kRootDays,
                     {{NID_basic_constraints, "critical,CA:TRUE"},
                      {NID_key_usage, "critical,keyCertSign,cRLSign"},
                      {NID_subject_key_identifier, "hash"}}};
  auto made = build_and_sign(root, root_spki, nullptr, now_ms, sign_as_root);
  if (!made) return std::unexpected(std::move(made).error());
  out.root = std::move(*made);
  const auto root_certificate = parse(out.root);
  if (!root_certificate) return std::unexpected(broken("root"));
  const Profile issuing{std::string(name) + " issuing",
                        kIssuingDays,
                        {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                         {NID_key_usage, "critical,keyCertSign,cRLSign"},
                         {NID_subject_key_identifier, "hash"},
                         {NID_authority_key_identifier, "keyid:always"}}};
  made = build_and_sign(issuing, issuing_spki, root_certificate.get(), now_ms, sign_as_root);
  if (!made) return std::unexpected(std::move(made).error());
  out.issuing = std::move(*made);
  return out;
}

Result<Bytes> issue_server_leaf(const api::CertificateRequest& request, ByteView issuing,
                                std::int64_t now_ms, const SignDigest& sign_as_issuing) {
  auto names = alternative_names(request);
  if (!names) return std::unexpected(std::move(names).error());
  const auto issuer = parse(issuing);
  if (!issuer) return std::unexpected(broken("issuing certificate"));
  const Profile leaf{request.dns_names.empty() ? request.ip_addresses.front()
                                               : request.dns_names.front().substr(0, 64),
                     kLeafDays,
                     {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, "serverAuth"},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid:always"},
                      {NID_subject_alt_name, *names}}};
  return build_and_sign(leaf, request.spki, issuer.get(), now_ms, sign_as_issuing);
}

std::string to_pem(ByteView certificate) {
  const auto parsed = parse(certificate);
  BIO* memory = BIO_new(BIO_s_mem());
  std::string out;
  if (parsed && PEM_write_bio_X509(memory, parsed.get()) == 1) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    out.assign(data, static_cast<std::size_t>(size));
  }
  BIO_free(memory);
  return out;
}

}  // namespace conclave::hsm::keyd
