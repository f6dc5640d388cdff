#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/load/relay.hpp"

namespace conclave::load {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Socket = net::basic_stream_socket<net::ip::tcp, net::io_context::executor_type>;
using Frame = std::shared_ptr<const std::string>;

class Session;

struct Delivery {
  Frame frame;
  std::vector<std::shared_ptr<Session>> to;
};

// Group commit on a thread of its own: what arrived during a write and its fdatasync is the next
// group.
class Journal {
 public:
  Journal(net::io_context& context, const std::filesystem::path& file)
      : context_(context),
        descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        thread_([this] { run(); }) {}
  ~Journal() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_one();
    thread_.join();
    ::close(descriptor_);
  }

  void append(Delivery delivery) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(delivery));
    if (waiting_.size() == 1) wake_.notify_one();
  }

 private:
  void run();

  net::io_context& context_;
  int descriptor_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Delivery> waiting_;
  bool ended_ = false;
  std::thread thread_;
};

struct Hall {
  std::map<std::string, std::vector<std::shared_ptr<Session>>> places;
  std::unique_ptr<Journal> journal;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, Hall& hall) : stream_(std::move(socket)), hall_(hall) {}

  void start() {
    stream_.next_layer().set_option(net::ip::tcp::no_delay(true));
    beast::http::async_read(stream_.next_layer(), input_, request_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) self->accept();
                            });
  }

  void send(Frame frame) {
    queue_.push_back(std::move(frame));
    if (queue_.size() == 1) write();
  }

 private:
  void accept() {
    place_ = std::string(request_.target());
    stream_.text(true);
    stream_.async_accept(request_, [self = shared_from_this()](beast::error_code error) {
      if (error) return;
      self->hall_.places[self->place_].push_back(self);
      self->read();
    });
  }

  void read() {
    stream_.async_read(input_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      self->on_read(error);
    });
  }

  void on_read(beast::error_code error) {
    if (error) {
      std::erase(hall_.places[place_], shared_from_this());
      return;
    }
    const auto bytes = input_.data();
    Delivery delivery;
    delivery.frame =
        std::make_shared<const std::string>(static_cast<const char*>(bytes.data()), bytes.size());
    input_.consume(input_.size());
    const bool pair = place_.starts_with("/pair/");
    for (const auto& other : hall_.places[place_]) {
      if (!pair || other.get() != this) delivery.to.push_back(other);
    }
    if (hall_.journal) {
      hall_.journal->append(std::move(delivery));
    } else {
      for (const auto& other : delivery.to) other->send(delivery.frame);
    }
    read();
  }

  void write() {
    stream_.async_write(net::buffer(*queue_.front()),
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (error) return;
                          self->queue_.pop_front();
                          if (!self->queue_.empty()) self->write();
                        });
  }

  websocket::stream<Socket, false> stream_;
  Hall& hall_;
  beast::flat_buffer input_;
  beast::http::request<beast::http::string_body> request_;
  std::string place_;
  std::deque<Frame> queue_;
};

void Journal::run() {
  std::string bytes;
  while (true) {
    std::vector<Delivery> group;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      group.swap(waiting_);
    }
    bytes.clear();
    for (const Delivery& each : group) bytes.append(*each.frame).push_back('\n');
    if (::write(descriptor_, bytes.data(), bytes.size()) < 0 || ::fdatasync(descriptor_) != 0) {
      std::abort();
    }
    net::post(context_, [group = std::move(group)] {
      for (const Delivery& each : group) {
        for (const auto& session : each.to) session->send(each.frame);
      }
    });
  }
}

class Doorkeeper {
 public:
  Doorkeeper(net::io_context& context, Hall& hall)
      : hall_(hall), acceptor_(context, {net::ip::address_v4::loopback(), 0}) {}
  [[nodiscard]] std::uint16_t port() { return acceptor_.local_endpoint().port(); }
  void accept() {
    acceptor_.async_accept([this](beast::error_code error, Socket socket) {
      if (!error) std::make_shared<Session>(std::move(socket), hall_)->start();
      accept();
    });
  }

 private:
  Hall& hall_;
  net::basic_socket_acceptor<net::ip::tcp, net::io_context::executor_type> acceptor_;
};

}  // namespace

int serve_relay(const std::filesystem::path& log) {
  net::io_context context(1);
  Hall hall;
  if (!log.empty()) hall.journal = std::make_unique<Journal>(context, log);
  Doorkeeper doorkeeper(context, hall);
  doorkeeper.accept();
  net::signal_set signals(context, SIGTERM);
  signals.async_wait([&context](const beast::error_code&, int) { context.stop(); });
  std::cout << doorkeeper.port() << std::endl;
  context.run();
  return 0;
}

}  // namespace conclave::load
