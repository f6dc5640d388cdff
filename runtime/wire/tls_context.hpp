#pragma once

#include <memory>

#include "hsm/tls/private_key.hpp"
#include "runtime/wire/server.hpp"
#include "runtime/wire/tickets.hpp"
#include "runtime/wire/transport.hpp"

namespace conclave::wire {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, SslContextDeleter>;

// Whether clients are asked for a certificate (ListenAddress::client_certificates).
enum class ClientCertificates { ignored, asked_for };

// TLS 1.3, and 1.2 with ECDHE and AEAD; no renegotiation, compression, 0-RTT or session cache.
// `tickets` outlives the context and every session made from it. Where certificates are asked for
// there are no tickets: OpenSSL's keep the leaf and lose what stands between it and its issuer.
[[nodiscard]] Result<SslContextPtr> make_tls_context(const TlsIdentity& identity,
                                                     hsm::tls::PrivateKey key, TicketKeys& tickets,
                                                     ClientCertificates certificates);

// A server session on a connected descriptor (not owned), before its handshake; null without
// memory.
[[nodiscard]] SslPtr make_session(SSL_CTX* context, int descriptor);

// Version and channel binding of a finished handshake. RFC 9266: with TLS 1.2 the binding stands
// only on an extended master secret; without one it stays empty. What the client presented, within
// CertificateChain's limits; beyond them as if it had presented nothing, and false.
[[nodiscard]] bool describe_session(SSL* ssl, Peer& peer);

}  // namespace conclave::wire
