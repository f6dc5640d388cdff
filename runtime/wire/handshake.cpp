#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "runtime/wire/link.hpp"
#include "runtime/wire/tls_context.hpp"

namespace conclave::wire {
namespace {

namespace net = boost::asio;

enum class Outcome { done, wait_read, wait_write, failed };

// A TLS handshake: the socket is awaited on the I/O thread, each step of OpenSSL runs on the pool,
// because it blocks while keyd signs. A peer that sends nothing therefore holds no pool thread and
// no place in its queue; the deadline and the gate are what bounds it.
class Handshake : public LoopMember, public std::enable_shared_from_this<Handshake> {
 public:
  Handshake(Link link, net::ip::tcp::socket socket, SslPtr ssl)
      : link_(std::move(link)), socket_(std::move(socket)), ssl_(std::move(ssl)) {}

  void start() { wait(net::socket_base::wait_read); }

  void tick(Clock::time_point now) override {
    if (now - link_.accepted < link_.env->limits.handshake) return;
    link_.env->metrics.timeouts.add();
    cut();
  }
  void drain() override { cut(); }
  void cut() override {
    if (left_) return;
    if (!stepping_) return leave();
    // OpenSSL is using the descriptor on a pool thread: it must not be closed under its feet.
    cut_ = true;
    ::shutdown(socket_.native_handle(), SHUT_RDWR);
  }

 private:
  void wait(net::socket_base::wait_type side) {
    socket_.async_wait(side, [self = shared_from_this()](boost::system::error_code error) {
      if (self->left_) return;
      if (error) return self->leave();
      self->submit();
    });
  }

  void submit() {
    auto& pool = *link_.env->handshakes;
    const bool first = !std::exchange(begun_, true);
    const bool full = first && pool.waiting() >= link_.env->limits.handshakes_at_once;
    stepping_ = true;
    if (full || !pool.submit([self = shared_from_this()] { self->step(); })) {
      stepping_ = false;
      link_.env->metrics.refused_handshakes.add();
      leave();
    }
  }

  // On a pool thread; the I/O thread leaves ssl_ alone meanwhile.
  void step() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    Outcome outcome = Outcome::done;
    if (result != 1) {
      const int error = SSL_get_error(ssl_.get(), result);
      outcome = error == SSL_ERROR_WANT_READ    ? Outcome::wait_read
                : error == SSL_ERROR_WANT_WRITE ? Outcome::wait_write
                                                : Outcome::failed;
    }
    ERR_clear_error();
    net::post(link_.loop->executor(),
              [self = shared_from_this(), outcome] { self->stepped(outcome); });
  }

  void stepped(Outcome outcome) {
    stepping_ = false;
    if (cut_) return leave();
    switch (outcome) {
      case Outcome::done:
        return succeed();
      case Outcome::wait_read:
        return wait(net::socket_base::wait_read);
      case Outcome::wait_write:
        return wait(net::socket_base::wait_write);
      case Outcome::failed:
        link_.env->metrics.handshakes_failed.add();
        return leave();
    }
  }

  void succeed() {
    WireMetrics& metrics = link_.env->metrics;
    (SSL_session_reused(ssl_.get()) == 1 ? metrics.handshakes_resumed : metrics.handshakes_full)
        .add();
    const std::chrono::duration<double> took = Clock::now() - link_.accepted;
    metrics.handshake_seconds.observe(took.count());
    if (!describe_session(ssl_.get(), link_.peer)) metrics.certificates_too_many.add();
    link_.transport = std::make_unique<Transport>(std::move(socket_), std::move(ssl_));
    const auto self = shared_from_this();
    left_ = true;
    const auto loop = link_.loop;
    loop->remove(*this);
    start_http(std::move(link_));
  }

  void leave() {
    if (std::exchange(left_, true)) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    link_.loop->remove(*this);
  }

  Link link_;
  net::ip::tcp::socket socket_;
  SslPtr ssl_;
  bool begun_ = false;
  bool stepping_ = false;
  bool cut_ = false;
  bool left_ = false;
};

}  // namespace

void start_handshake(Link link, net::ip::tcp::socket socket, SslPtr ssl) {
  const auto loop = link.loop;
  auto member = std::make_shared<Handshake>(std::move(link), std::move(socket), std::move(ssl));
  member->start();
  loop->add(std::move(member));
}

}  // namespace conclave::wire
