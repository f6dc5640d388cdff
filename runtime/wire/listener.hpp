#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "runtime/base/error.hpp"
#include "runtime/wire/server.hpp"

namespace conclave::wire {

// One listening socket. open() may run on any thread, the rest on the executor.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // Where the next connection lives, and who takes it (called on the listener's executor).
  struct Sink {
    std::function<boost::asio::any_io_executor()> next;
    std::function<void(boost::asio::ip::tcp::socket, const boost::asio::ip::tcp::endpoint&)>
        accepted;
    std::function<void()> failed;
  };

  [[nodiscard]] static Result<std::shared_ptr<Listener>> open(boost::asio::any_io_executor executor,
                                                              const ListenAddress& address);
  explicit Listener(boost::asio::any_io_executor executor);

  void start(Sink sink);
  void stop();
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void accept();
  void rest();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  Sink sink_;
  bool stopped_ = false;
};

}  // namespace conclave::wire
