#include "runtime/wire/listener.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include "runtime/wire/errors.hpp"

namespace conclave::wire {
namespace {

namespace net = boost::asio;
using net::ip::tcp;

std::string place(const ListenAddress& address) {
  const bool v6 = address.address.find(':') != std::string::npos;
  return (v6 ? "[" + address.address + "]" : address.address) + ":" + std::to_string(address.port);
}

}  // namespace

Listener::Listener(net::any_io_executor executor) : acceptor_(executor), pause_(executor) {}

Result<std::shared_ptr<Listener>> Listener::open(net::any_io_executor executor,
                                                 const ListenAddress& address) {
  boost::system::error_code error;
  const auto ip = net::ip::make_address(address.address, error);
  if (error) return fail(kAddressInvalid, address.address);
  if (!address.tls && !ip.is_loopback()) return fail(kPlainNotLoopback, place(address));

  auto listener = std::make_shared<Listener>(std::move(executor));
  tcp::acceptor& acceptor = listener->acceptor_;
  const tcp::endpoint endpoint(ip, address.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
  if (!error && ip.is_v6()) acceptor.set_option(net::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error) {
    const std::string detail = place(address) + ": " + error.message();
    return error == net::error::address_in_use ? fail(kAddressTaken, detail)
                                               : fail(kListenRefused, detail);
  }
  listener->port_ = acceptor.local_endpoint(error).port();
  return listener;
}

void Listener::start(Sink sink) {
  sink_ = std::move(sink);
  accept();
}

void Listener::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::accept() {
  if (stopped_) return;
  acceptor_.async_accept(sink_.next(),
                         [self = shared_from_this()](boost::system::error_code error, auto socket) {
                           if (self->stopped_) return;
                           if (error) {
                             self->sink_.failed();
                             return self->rest();
                           }
                           boost::system::error_code gone;
                           tcp::socket taken(std::move(socket));
                           const auto remote = taken.remote_endpoint(gone);
                           if (!gone) self->sink_.accepted(std::move(taken), remote);
                           self->accept();
                         });
}

// Out of descriptors, mostly: trying again at once would only burn the processor.
void Listener::rest() {
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->accept();
  });
}

}  // namespace conclave::wire
