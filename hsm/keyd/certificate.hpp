#pragma once

#include <functional>

#include "hsm/api/key_service.hpp"

// X.509 certificates of the installation's authority: fixed profiles, built with OpenSSL, signed by
// the token (ecdsa-with-SHA256).
namespace conclave::hsm::keyd {

// r | s over a digest, by the key of the issuer.
using SignDigest = std::function<Result<Bytes>(ByteView digest)>;

struct Authority {
  Bytes root;     // DER
  Bytes issuing;  // DER, pathlen 0, signed by the root
};

// Root for ten years, issuing for two. `name` is shown to people.
[[nodiscard]] Result<Authority> make_authority(std::string_view name, ByteView root_spki,
                                               const SignDigest& sign_as_root,
                                               ByteView issuing_spki, std::int64_t now_ms);

// The profile "tls-server": 90 days, the request's names as subject alternative names, digital
// signature, server authentication. kKeyRequestRefused when a name is none or there are too many.
[[nodiscard]] Result<Bytes> issue_server_leaf(const api::CertificateRequest& request,
                                              ByteView issuing, std::int64_t now_ms,
                                              const SignDigest& sign_as_issuing);

[[nodiscard]] std::string to_pem(ByteView certificate);

}  // namespace conclave::hsm::keyd
