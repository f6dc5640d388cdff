#include "runtime/wire/server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <csignal>
#include <mutex>
#include <utility>

#include "runtime/base/assert.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/wire/errors.hpp"
#include "runtime/wire/link.hpp"
#include "runtime/wire/listener.hpp"
#include "runtime/wire/proxy_head.hpp"
#include "runtime/wire/tls_context.hpp"

namespace conclave::wire {
namespace {

namespace net = boost::asio;
using net::ip::tcp;

// A deadline is noticed at most a quarter late, and never later than a second.
std::chrono::milliseconds tick_interval(const ServerLimits& limits) {
  const auto shortest = std::min({limits.handshake, limits.idle, limits.ping_after, limits.write});
  return std::clamp(shortest / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(1000));
}

class WireServer final : public Server {
 public:
  explicit WireServer(Parts parts)
      : parts_(std::move(parts)),
        own_metrics_(parts_.metrics == nullptr ? std::make_unique<observe::Metrics>() : nullptr),
        env_(std::make_shared<Environment>(parts_.limits,
                                           own_metrics_ ? *own_metrics_ : *parts_.metrics)),
        gate_(std::make_shared<Gate>(Gate::Limits{
            .connections = parts_.limits.connections,
            .per_address = parts_.limits.connections_per_address,
            .new_per_address_per_s = parts_.limits.new_connections_per_address_per_s})) {
    env_->http = parts_.http;
    env_->doors = parts_.doors;
    for (const auto& executor : parts_.io) {
      loops_.push_back(std::make_shared<Loop>(executor, tick_interval(parts_.limits)));
    }
  }

  ~WireServer() override {
    if (env_->handshakes) env_->handshakes->stop();
    for (const auto& loop : loops_) loop->abandon();
  }

  Result<void> prepare() {
    const bool tls = std::ranges::any_of(parts_.listen, &ListenAddress::tls);
    if (tls) {
      CONCLAVE_TRY(replace_identity(parts_.identity));
      const std::size_t places = parts_.limits.handshakes_at_once;
      // Later steps of a handshake find room when new ones are refused already.
      env_->handshakes = std::make_unique<async::BlockingPool>(
          "tls-handshake", parts_.limits.handshake_threads, places * 2);
    }
    for (const ListenAddress& address : parts_.listen) {
      auto listener = Listener::open(parts_.io.front(), address);
      if (!listener) return std::unexpected(std::move(listener).error());
      listeners_.push_back(std::move(*listener));
    }
    return {};
  }

  void start() override;
  std::vector<std::uint16_t> bound() const override {
    std::vector<std::uint16_t> ports;
    for (const auto& listener : listeners_) ports.push_back(listener->port());
    return ports;
  }
  Result<void> replace_identity(TlsIdentity identity) override;
  void drain(std::chrono::milliseconds spread, std::function<void()> done) override;
  std::size_t connections() const override { return gate_->connections(); }

 private:
  void take(tcp::socket socket, const tcp::endpoint& remote, const ListenAddress& listen,
            const std::shared_ptr<Loop>& loop);
  void take_proxied(tcp::socket socket, const network::Address& proxy, std::uint16_t port,
                    const ListenAddress& listen, const std::shared_ptr<Loop>& loop);
  void admit(tcp::socket socket, Peer peer, const ListenAddress& listen,
             const std::shared_ptr<Loop>& loop);
  [[nodiscard]] Result<hsm::tls::PrivateKey> private_key(const TlsIdentity& identity) const;
  [[nodiscard]] SslPtr new_session(int descriptor, bool asking);

  Parts parts_;
  std::unique_ptr<observe::Metrics> own_metrics_;
  TicketKeys tickets_;
  std::shared_ptr<Environment> env_;                  // shared with every connection
  std::shared_ptr<Gate> gate_;                        // shared with every connection's ticket
  std::vector<std::shared_ptr<Loop>> loops_;          // shared with their connections
  std::vector<std::shared_ptr<Listener>> listeners_;  // shared with their pending accept
  std::mutex context_mutex_;
  SslContextPtr context_;
  SslContextPtr asking_;  // for listeners that ask for certificates; null without one
  std::atomic<std::size_t> next_loop_{0};
};

void WireServer::start() {
  for (const auto& loop : loops_) net::post(loop->executor(), [loop] { loop->start(); });
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    // The acceptor's next() names the loop; accepted() finds it again by counting along.
    const auto chosen = std::make_shared<std::shared_ptr<Loop>>();
    Listener::Sink sink;
    sink.next = [this, chosen] {
      *chosen = loops_[next_loop_.fetch_add(1) % loops_.size()];
      return (*chosen)->executor();
    };
    sink.accepted = [this, chosen, &listen = parts_.listen[i]](tcp::socket socket,
                                                               const tcp::endpoint& remote) {
      take(std::move(socket), remote, listen, *chosen);
    };
    sink.failed = [this] { env_->metrics.accept_failed.add(); };
    net::post(parts_.io.front(), [listener = listeners_[i], sink = std::move(sink)]() mutable {
      listener->start(std::move(sink));
    });
  }
}

void WireServer::take(tcp::socket socket, const tcp::endpoint& remote, const ListenAddress& listen,
                      const std::shared_ptr<Loop>& loop) {
  Peer peer;
  peer.address = remote.address().to_string();
  peer.port = remote.port();
  peer.loopback = remote.address().is_loopback();
  if (!listen.proxy_protocol.empty()) {
    const auto address = network::Address::parse(peer.address);
    if (address && listen.proxy_protocol.holds(*address)) {
      return take_proxied(std::move(socket), *address, peer.port, listen, loop);
    }
    if (!listen.proxy_strangers) return env_->metrics.refused_stranger.add();
  }
  admit(std::move(socket), std::move(peer), listen, loop);
}

// The load balancer itself does not count at the gate; whom it names does, once that is known.
void WireServer::take_proxied(tcp::socket socket, const network::Address& proxy, std::uint16_t port,
                              const ListenAddress& listen, const std::shared_ptr<Loop>& loop) {
  if (env_->proxy_heads.load() >= parts_.limits.connections) {
    return env_->metrics.refused(Refusal::connections);
  }
  auto arrived = [this, proxy, port, &listen, loop](tcp::socket taken,
                                                    const network::ProxyHeader& header) {
    Peer peer;
    peer.address = header.local ? proxy.text() : header.source.text();
    peer.port = header.local ? port : header.source_port;
    peer.proxied = true;
    admit(std::move(taken), std::move(peer), listen, loop);
  };
  net::post(loop->executor(),
            [this, loop, socket = std::move(socket), arrived = std::move(arrived)]() mutable {
              read_proxy_head(env_, loop, std::move(socket), std::move(arrived));
            });
}

void WireServer::admit(tcp::socket socket, Peer peer, const ListenAddress& listen,
                       const std::shared_ptr<Loop>& loop) {
  const bool tls = listen.tls;
  std::string key = gate_key(peer.address);
  if (const Refusal why = gate_->enter(key); why != Refusal::none) {
    env_->metrics.refused(why);
    return;
  }
  GateTicket ticket(gate_, std::move(key));
  env_->metrics.accepted.add();
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);

  peer.tls = tls;
  Link link{env_,
            loop,
            std::move(ticket),
            OpenCount(env_->metrics.connections),
            std::move(peer),
            &listen.forwarded_for,
            LoopMember::Clock::now(),
            nullptr};
  SslPtr ssl;
  if (tls) {
    ssl = new_session(socket.native_handle(), listen.client_certificates);
    if (!ssl) return;
  } else {
    link.transport = std::make_unique<Transport>(std::move(socket), nullptr);
  }
  net::post(loop->executor(), [link = std::move(link), socket = std::move(socket),
                               ssl = std::move(ssl), tls]() mutable {
    if (tls) {
      start_handshake(std::move(link), std::move(socket), std::move(ssl));
    } else {
      start_http(std::move(link));
    }
  });
}

SslPtr WireServer::new_session(int descriptor, bool asking) {
  const std::lock_guard lock(context_mutex_);
  return make_session(asking ? asking_.get() : context_.get(), descriptor);
}

Result<hsm::tls::PrivateKey> WireServer::private_key(const TlsIdentity& identity) const {
  if (parts_.private_key) return parts_.private_key(identity);
  if (parts_.keys == nullptr) return fail(kTlsIdentity, "no key service");
  // Shorter than a client's patience, longer than keyd's own deadline and its queue.
  constexpr std::chrono::milliseconds kSignLimit{5'000};
  hsm::api::PublicKey key;
  key.spki = identity.spki;
  return hsm::tls::make_tls_key(*parts_.keys, key, kSignLimit);
}

Result<void> WireServer::replace_identity(TlsIdentity identity) {
  const auto make = [&](ClientCertificates certificates) -> Result<SslContextPtr> {
    auto key = private_key(identity);
    if (!key) return std::unexpected(std::move(key).error());
    return make_tls_context(identity, std::move(*key), tickets_, certificates);
  };
  auto context = make(ClientCertificates::ignored);
  if (!context) return std::unexpected(std::move(context).error());
  Result<SslContextPtr> asking;
  if (std::ranges::any_of(parts_.listen, &ListenAddress::client_certificates)) {
    asking = make(ClientCertificates::asked_for);
    if (!asking) return std::unexpected(std::move(asking).error());
  }
  const std::lock_guard lock(context_mutex_);
  context_ = std::move(*context);
  asking_ = std::move(*asking);
  return {};
}

void WireServer::drain(std::chrono::milliseconds spread, std::function<void()> done) {
  observe::info("wire.draining", {{"connections", connections()}, {"spread_ms", spread.count()}});
  for (const auto& listener : listeners_) {
    net::post(parts_.io.front(), [listener] { listener->stop(); });
  }
  const auto left = std::make_shared<std::atomic<std::size_t>>(loops_.size());
  const auto shared_done = std::make_shared<std::function<void()>>(std::move(done));
  for (const auto& loop : loops_) {
    net::post(loop->executor(), [loop, spread, left, shared_done] {
      loop->drain(spread, [left, shared_done] {
        if (left->fetch_sub(1) == 1 && *shared_done) (*shared_done)();
      });
    });
  }
}

}  // namespace

Result<std::unique_ptr<Server>> Server::open(Parts parts) {
  CONCLAVE_ASSERT(!parts.io.empty());
  std::signal(SIGPIPE, SIG_IGN);
  for (std::size_t i = 0; i < parts.doors.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (parts.doors[i]->subprotocol() == parts.doors[j]->subprotocol()) {
        return fail(kDoorTwice, std::string(parts.doors[i]->subprotocol()));
      }
    }
  }
  auto server = std::make_unique<WireServer>(std::move(parts));
  CONCLAVE_TRY(server->prepare());
  return server;
}

}  // namespace conclave::wire
