#pragma once

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/config/config.hpp"
#include "runtime/wire/server.hpp"

namespace conclave::server {

inline constexpr ErrorSpec kCertificateUnusable{
    "tls.certificate_unusable", ErrorKind::invalid,
    "tls.certificate_file must be PEM, leaf first, for the public key of the token's `tls` key "
    "(conclavectl key list shows it)."};

// The certificate that the listeners show: the operator's own file when one is configured,
// otherwise a fresh one from the installation's authority for the configured names. Its key is the
// token's.
[[nodiscard]] Task<Result<wire::TlsIdentity>> make_tls_identity(hsm::api::KeyService& keys,
                                                                config::Tls tls);

}  // namespace conclave::server
