#include "runtime/wire/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>
#include <string_view>

#include "runtime/wire/errors.hpp"

namespace conclave::wire {
namespace {

constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
// 112 bits at least, no SHA-1: what the client signs its part of the handshake with.
constexpr const char* kClientSignatures =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:RSA-PSS+SHA256:RSA-PSS+SHA384:"
    "RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512";
// Of the client's whole certificate message: a longer one ends the handshake before it is parsed.
constexpr long kCertificateMessageBytes = 32 * 1024;
constexpr std::string_view kExporterLabel = "EXPORTER-Channel-Binding";

struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

std::unexpected<Error> refused(std::string what) {
  if (const unsigned long code = ERR_get_error(); code != 0) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    what.append(": ").append(text.data());
  }
  return fail(kTlsIdentity, std::move(what));
}

Certificate parse(const Bytes& der) {
  const unsigned char* at = der.data();
  Certificate parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (parsed && at != der.data() + der.size()) parsed.reset();
  return parsed;
}

// We speak HTTP/1.1 only; a client that offers something else only goes on without ALPN.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  static constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned at = 0; at < offered_length;) {
    const unsigned length = offered[at];
    if (at + 1 + length > offered_length) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), length);
    if (name == kHttp11) {
      *out = offered + at + 1;
      *out_length = static_cast<unsigned char>(length);
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + length;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Result<void> use_identity(SSL_CTX* context, const TlsIdentity& identity, EVP_PKEY* key) {
  const Certificate leaf = parse(identity.leaf);
  if (!leaf) return refused("the leaf is not a DER certificate");
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) return refused("certificate");
  for (const Bytes& der : identity.chain) {
    const Certificate link = parse(der);
    if (!link) return refused("the chain holds something that is not a DER certificate");
    if (SSL_CTX_add1_chain_cert(context, link.get()) != 1) return refused("chain");
  }
  if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return refused("the certificate is not for the token's tls key");
  }
  return {};
}

// Every chain passes the handshake: whose certificates count differs by tenant, and which tenant it
// is will only be known at the sign-in. OpenSSL has parsed all of them by now, and checks the
// client's signature by the leaf's key next.
int accept_any_chain(X509_STORE_CTX* chain, void*) {
  X509_STORE_CTX_set_error(chain, X509_V_OK);
  return 1;
}

Result<void> ask_for_certificates(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &accept_any_chain, nullptr);
  SSL_CTX_set_max_cert_list(context, kCertificateMessageBytes);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  if (SSL_CTX_set1_client_sigalgs_list(context, kClientSignatures) != 1 ||
      SSL_CTX_set_num_tickets(context, 0) != 1) {
    return refused("client certificates");
  }
  return {};
}

bool append_der(X509* certificate, network::CertificateChain& chain, std::size_t& bytes) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  if (length <= 0) return false;
  bytes += static_cast<std::size_t>(length);
  chain.der.emplace_back(der, der + length);
  OPENSSL_free(der);
  return bytes <= network::CertificateChain::kMostBytes;
}

bool keep_presented(SSL* ssl, Peer& peer) {
  X509* leaf = SSL_get0_peer_certificate(ssl);
  if (leaf == nullptr) return true;
  // Of a client's chain OpenSSL keeps the leaf apart.
  STACK_OF(X509)* others = SSL_get_peer_cert_chain(ssl);
  const int more = others == nullptr ? 0 : sk_X509_num(others);
  if (more >= static_cast<int>(network::CertificateChain::kMostCertificates)) return false;
  auto chain = std::make_shared<network::CertificateChain>();
  std::size_t bytes = 0;
  if (!append_der(leaf, *chain, bytes)) return false;
  for (int i = 0; i < more; ++i) {
    if (!append_der(sk_X509_value(others, i), *chain, bytes)) return false;
  }
  peer.certificates = std::move(chain);
  return true;
}

}  // namespace

Result<SslContextPtr> make_tls_context(const TlsIdentity& identity, hsm::tls::PrivateKey key,
                                       TicketKeys& tickets, ClientCertificates certificates) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context) return refused("SSL_CTX_new");
  SSL_CTX* raw = context.get();
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One read() a record instead of two (header, body); the buffer goes when it is empty.
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_alpn_select_cb(raw, &choose_protocol, nullptr);
  static constexpr std::string_view kSessionContext = "conclave";
  const bool set =
      SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(raw, kTls12Ciphers) == 1 &&
      SSL_CTX_set1_groups_list(raw, kGroups) == 1 && SSL_CTX_set_max_early_data(raw, 0) == 1 &&
      SSL_CTX_set_num_tickets(raw, 1) == 1 &&
      SSL_CTX_set_session_id_context(raw,
                                     reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                     kSessionContext.size()) == 1;
  if (!set) return refused("TLS settings");
  CONCLAVE_TRY(use_identity(raw, identity, key.get()));
  if (certificates == ClientCertificates::asked_for) {
    CONCLAVE_TRY(ask_for_certificates(raw));
  } else {
    tickets.attach(raw);
  }
  return context;
}

SslPtr make_session(SSL_CTX* context, int descriptor) {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context));
  if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

bool describe_session(SSL* ssl, Peer& peer) {
  peer.tls = true;
  peer.tls_version = SSL_get_version(ssl);
  peer.tls_exporter.clear();
  const bool presented = keep_presented(ssl, peer);
  if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1) return presented;
  Bytes value(32);
  if (SSL_export_keying_material(ssl, value.data(), value.size(), kExporterLabel.data(),
                                 kExporterLabel.size(), nullptr, 0, 0) == 1) {
    peer.tls_exporter = std::move(value);
  }
  return presented;
}

}  // namespace conclave::wire
