#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "hsm/tls/private_key.hpp"
#include "runtime/network/trusted_proxies.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/wire/http.hpp"
#include "runtime/wire/websocket.hpp"

namespace conclave::wire {

struct ListenAddress {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see Server::bound()
  bool tls = true;
  // Load balancers that speak the PROXY protocol, version 2, before anything else. Their
  // connections have the address that they name; one without a sound header is closed.
  network::TrustedProxies proxy_protocol{};
  // What others get who connect to such a listener: false: closed; true: served as themselves.
  bool proxy_strangers = false;
  // Proxies whose X-Forwarded-For counts, in HTTP requests and upgrades.
  network::TrustedProxies forwarded_for{};
  // Clients are asked for a certificate in the handshake; none has to have one, and any issuer
  // will do. Sessions of such a listener are never resumed: each handshake proves the key anew.
  bool client_certificates = false;
};

struct ServerLimits {
  std::size_t frame_bytes = 64 * 1024;
  std::size_t http_body_bytes = 1024 * 1024;
  std::size_t http_header_bytes = 16 * 1024;
  std::size_t send_queue_bytes = 256 * 1024;
  std::size_t connections = 15'000;
  std::size_t connections_per_address = 10'000;
  std::size_t handshakes_at_once = 64;  // TLS handshakes running or queued; more are refused
  std::size_t handshake_threads = 2;    // they block while keyd signs
  std::size_t new_connections_per_address_per_s = 500;
  std::chrono::milliseconds handshake{10'000};  // TLS and HTTP head together
  std::chrono::milliseconds idle{120'000};      // nothing received, pings unanswered
  std::chrono::milliseconds ping_after{45'000};
  std::chrono::milliseconds write{20'000};  // no progress of a write
};

// The TLS server certificate; its private key stays in the token (KeyService::tls_sign).
struct TlsIdentity {
  Bytes leaf;                // DER
  std::vector<Bytes> chain;  // DER, issuing first
  Bytes spki;                // of the token's `tls` key, to hold the leaf against
};

// Listeners, TLS, HTTP and WebSocket: the only folder that sees Beast and OpenSSL's SSL.
//
// What the parts point to outlives the server. To stop: drain(), then end the I/O threads, then
// destroy; connections that are still open by then end without on_closed().
class Server {
 public:
  struct Parts {
    std::vector<boost::asio::any_io_executor>
        io;  // one per I/O thread; connections are spread over them
    std::vector<ListenAddress> listen;
    ServerLimits limits;
    TlsIdentity identity;  // unused when no listener has tls
    hsm::api::KeyService* keys = nullptr;
    // How the private key of `identity` is reached; empty: through `keys`.
    std::function<Result<hsm::tls::PrivateKey>(const TlsIdentity&)> private_key;
    HttpDoor* http = nullptr;
    std::vector<WebSocketDoor*> doors;  // chosen by sub-protocol; the path is /ws
    observe::Metrics* metrics = nullptr;
  };

  // Opens the sockets (clear error naming address and port when one is taken), accepts nothing yet.
  // Ignores SIGPIPE in the whole process: OpenSSL writes to descriptors with plain write().
  // kPlainNotLoopback: a listener without TLS may only stand on a loopback address.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(Parts parts);
  virtual ~Server() = default;

  virtual void start() = 0;
  // The ports in the order of `listen`.
  [[nodiscard]] virtual std::vector<std::uint16_t> bound() const = 0;
  // New certificates for new handshakes; the old ones stay on an error. Any thread.
  [[nodiscard]] virtual Result<void> replace_identity(TlsIdentity identity) = 0;
  // No new connections; open ones are closed with CloseCode::draining over `spread`; then `done`.
  virtual void drain(std::chrono::milliseconds spread, std::function<void()> done) = 0;
  [[nodiscard]] virtual std::size_t connections() const = 0;
};

}  // namespace conclave::wire
