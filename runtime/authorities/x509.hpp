#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/freed.hpp"
#include "runtime/network/certificate_chain.hpp"

// Certificates and revocation lists as OpenSSL reads them (RFC 5280). Pure: no file, no clock.
namespace conclave::authorities {

using Certificate = std::unique_ptr<X509, base::Freed<X509_free>>;
using RevocationList = std::unique_ptr<X509_CRL, base::Freed<X509_CRL_free>>;

// 112 bits of strength (NIST SP 800-57): RSA-2048, P-256, and signatures over SHA-224 or better.
inline constexpr int kLeastBits = 112;
inline constexpr int kMostRsaBits = 8192;  // more would cost each sign-in milliseconds

// DER; null unless the bytes are one certificate, or list, and nothing else.
[[nodiscard]] Certificate parse_certificate(ByteView der);
[[nodiscard]] RevocationList parse_list(ByteView der);

// The DER of the one certificate in `pem` that may stand as an authority at `now_ms` (UTC).
// kAuthorityInvalid says what is wrong: no or more than one certificate, a private key, not a CA, a
// weak key or signature, expired.
[[nodiscard]] Result<Bytes> read_authority(std::string_view pem, std::int64_t now_ms);
// The certificates of `pem`, leaf first, as a client would present them; kAuthorityInvalid unless
// there is at least one, and beyond CertificateChain's limits.
[[nodiscard]] Result<network::PresentedChain> read_chain(std::string_view pem);
// The DER of the revocation list in `pem`, which has to be a full and direct one, issued and signed
// by `authority`. Its time is not looked at: what an expired list means is the verifier's.
[[nodiscard]] Result<Bytes> read_list(std::string_view pem, X509* authority);

// RFC 4514, at most 256 bytes.
[[nodiscard]] std::string subject_of(const X509* certificate);
[[nodiscard]] std::string serial_of(const X509* certificate);  // hex
// UTC; INT64_MAX where the time is missing or unreadable.
[[nodiscard]] std::int64_t ms_of(const ASN1_TIME* time);

}  // namespace conclave::authorities
