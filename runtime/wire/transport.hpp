#pragma once

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace conclave::wire {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

// A non-blocking TCP socket, with or without TLS directly on its descriptor: no BIO pair and no
// buffers of its own between two calls, so that an idle session costs little more than its SSL.
//
// One I/O thread; at most one read and one write at a time. Handlers are never called before the
// starting call has returned, and keep whoever owns the transport alive while they are pending.
class Transport {
 public:
  using Handler = std::move_only_function<void(boost::system::error_code, std::size_t)>;
  using Clock = std::chrono::steady_clock;

  // `ssl` has done its handshake on the socket's descriptor, or is null for plain TCP.
  Transport(boost::asio::ip::tcp::socket socket, SslPtr ssl);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Fills some of `buffer`; eof when the peer has closed properly.
  void read_some(boost::asio::mutable_buffer buffer, Handler handler);
  // Writes some of `buffers`, at least one byte unless they are empty.
  void write_some(std::span<const boost::asio::const_buffer> buffers, Handler handler);
  // What a WebSocket needs instead, without memory of its own between two calls.
  //
  // Hands over what has come, in a buffer that all connections of the thread share: the bytes die
  // with the call; those that are not wanted yet go back with unread().
  using ReadHandler = std::move_only_function<void(boost::system::error_code, std::span<char>)>;
  void read_shared(ReadHandler handler);
  // Writes what the socket takes at once. When that is less than all, the rest is offered again
  // after wait_writable(), from its first byte and not shortened (OpenSSL demands it).
  struct Written {
    std::size_t bytes = 0;
    boost::system::error_code error;
  };
  [[nodiscard]] Written write_now(std::string_view bytes);
  void wait_writable(std::move_only_function<void(boost::system::error_code)> handler);
  // Bytes that were read too far; the next reads return them first.
  void unread(std::string bytes) { unread_.append(bytes); }

  // Tells the peer that nothing more comes: close_notify, FIN. Idempotent.
  void stop_writing();
  // stop_writing(), then discards what the peer still sends until it closes as well: an unread byte
  // would turn our close into a reset and take the last frame with it. The owner bounds it by
  // calling abort().
  void finish(std::move_only_function<void()> done);
  // Closes at once; pending handlers get operation_aborted.
  void abort();

  // How long the current write has been stuck; zero when none is.
  [[nodiscard]] Clock::duration write_stalled(Clock::time_point now) const;
  [[nodiscard]] std::uint64_t bytes_in() const { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const { return bytes_out_; }
  // sendmsg() calls or, with TLS, records.
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] int descriptor() { return socket_.native_handle(); }

 private:
  static constexpr std::size_t kBuffers = 8;
  // The buffers of one write_some() call, consumed from the front.
  struct Source {
    std::array<boost::asio::const_buffer, kBuffers> part{};
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t written = 0;

    [[nodiscard]] bool empty() const { return first == count; }
    void consume(std::size_t bytes);
  };
  enum class Step { done, wait_read, wait_write, failed };

  Step tls_read(boost::asio::mutable_buffer buffer, std::size_t& got,
                boost::system::error_code& error);
  void read_tls(boost::asio::mutable_buffer buffer, Handler handler);
  void wait_and_read(Step step, boost::asio::mutable_buffer buffer, Handler handler);
  void deliver(ReadHandler handler);
  [[nodiscard]] Step receive(std::span<char> into, std::size_t& got,
                             boost::system::error_code& error);
  void note_written(std::size_t bytes);
  [[nodiscard]] Step write_all(Source& source, boost::system::error_code& error);
  [[nodiscard]] Step write_plain(Source& source, boost::system::error_code& error);
  [[nodiscard]] Step write_tls(Source& source, boost::system::error_code& error);
  void pump(Source source, Handler handler);
  void consume(Source& source, std::size_t bytes);
  void complete(Handler handler, boost::system::error_code error, std::size_t bytes);
  void discard(std::move_only_function<void()> done, std::size_t left);

  boost::asio::any_io_executor executor_;
  boost::asio::ip::tcp::socket socket_;
  SslPtr ssl_;
  std::string unread_;
  bool stopped_ = false;
  std::optional<Clock::time_point> stalled_since_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace conclave::wire
