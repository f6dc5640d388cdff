#include "runtime/wire/transport.hpp"

#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

namespace conclave::wire {
namespace {

namespace net = boost::asio;
using boost::system::error_code;

constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kDiscardBytes = 256 * 1024;
constexpr std::size_t kSharedReadBytes = 64 * 1024;

// Shared by all sessions of a thread; no bytes stay in it between two calls.
thread_local std::array<std::uint8_t, kRecordBytes> scratch;
thread_local std::array<char, kSharedReadBytes> shared_input;

error_code last_system_error() {
  return {errno, boost::system::system_category()};
}

}  // namespace

Transport::Transport(net::ip::tcp::socket socket, SslPtr ssl)
    : executor_(socket.get_executor()), socket_(std::move(socket)), ssl_(std::move(ssl)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
}

void Transport::Source::consume(std::size_t bytes) {
  written += bytes;
  while (bytes > 0) {
    const std::size_t taken = std::min(bytes, part[first].size());
    part[first] += taken;
    bytes -= taken;
    if (part[first].size() == 0) ++first;
  }
}

void Transport::complete(Handler handler, error_code error, std::size_t bytes) {
  net::post(executor_,
            [handler = std::move(handler), error, bytes]() mutable { handler(error, bytes); });
}

void Transport::read_some(net::mutable_buffer buffer, Handler handler) {
  if (!unread_.empty()) {
    const std::size_t taken = std::min(buffer.size(), unread_.size());
    std::memcpy(buffer.data(), unread_.data(), taken);
    unread_.erase(0, taken);
    if (unread_.empty()) std::string().swap(unread_);
    return complete(std::move(handler), {}, taken);
  }
  if (buffer.size() == 0) return complete(std::move(handler), {}, 0);
  if (ssl_) {
    // Nothing buffered: waiting costs one system call, trying first would cost two.
    if (SSL_has_pending(ssl_.get()) == 0) {
      return wait_and_read(Step::wait_read, buffer, std::move(handler));
    }
    std::size_t got = 0;
    error_code error;
    const Step step = tls_read(buffer, got, error);
    if (step == Step::wait_read || step == Step::wait_write) {
      return wait_and_read(step, buffer, std::move(handler));
    }
    return complete(std::move(handler), error, got);
  }
  socket_.async_read_some(net::buffer(buffer), [this, handler = std::move(handler)](
                                                   error_code error, std::size_t got) mutable {
    bytes_in_ += got;
    handler(error, got);
  });
}

Transport::Step Transport::tls_read(net::mutable_buffer buffer, std::size_t& got,
                                    error_code& error) {
  ERR_clear_error();
  const int wanted = static_cast<int>(std::min(buffer.size(), kRecordBytes));
  const int result = SSL_read(ssl_.get(), buffer.data(), wanted);
  if (result > 0) {
    got = static_cast<std::size_t>(result);
    bytes_in_ += got;
    return Step::done;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wait_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wait_write;
    case SSL_ERROR_ZERO_RETURN:
      error = net::error::eof;
      return Step::failed;
    case SSL_ERROR_SYSCALL:
      error = errno != 0 ? last_system_error() : error_code(net::error::connection_reset);
      return Step::failed;
    default:
      error = net::error::connection_aborted;
      return Step::failed;
  }
}

void Transport::wait_and_read(Step step, net::mutable_buffer buffer, Handler handler) {
  const auto side =
      step == Step::wait_write ? net::socket_base::wait_write : net::socket_base::wait_read;
  socket_.async_wait(side, [this, buffer, handler = std::move(handler)](error_code error) mutable {
    if (error) return handler(error, 0);
    read_tls(buffer, std::move(handler));
  });
}

void Transport::read_tls(net::mutable_buffer buffer, Handler handler) {
  if (!socket_.is_open()) return handler(net::error::operation_aborted, 0);
  std::size_t got = 0;
  error_code error;
  const Step step = tls_read(buffer, got, error);
  if (step == Step::wait_read || step == Step::wait_write) {
    return wait_and_read(step, buffer, std::move(handler));
  }
  handler(error, got);
}

void Transport::write_some(std::span<const net::const_buffer> buffers, Handler handler) {
  Source source;
  std::size_t total = 0;
  for (const auto& buffer : buffers) {
    if (buffer.size() == 0) continue;
    if (source.count == kBuffers) break;
    source.part[source.count++] = buffer;
    total += buffer.size();
  }
  if (total == 0) return complete(std::move(handler), {}, 0);
  error_code error;
  const Step step = write_all(source, error);
  if (step == Step::done || step == Step::failed || source.written > 0) {
    return complete(std::move(handler), error, source.written);
  }
  pump(source, std::move(handler));
}

// Waits, then writes; the buffers of `source` are the caller's until the handler has been called.
void Transport::pump(Source source, Handler handler) {
  if (!stalled_since_) stalled_since_ = Clock::now();
  socket_.async_wait(net::socket_base::wait_write,
                     [this, source, handler = std::move(handler)](error_code error) mutable {
                       if (error) return handler(error, 0);
                       if (!socket_.is_open()) return handler(net::error::operation_aborted, 0);
                       const Step step = write_all(source, error);
                       if (step == Step::done || step == Step::failed || source.written > 0) {
                         return handler(error, source.written);
                       }
                       pump(source, std::move(handler));
                     });
}

Transport::Step Transport::write_all(Source& source, error_code& error) {
  return ssl_ ? write_tls(source, error) : write_plain(source, error);
}

void Transport::note_written(std::size_t bytes) {
  bytes_out_ += bytes;
  ++writes_;
  stalled_since_.reset();
}

void Transport::consume(Source& source, std::size_t bytes) {
  note_written(bytes);
  source.consume(bytes);
}

Transport::Step Transport::write_plain(Source& source, error_code& error) {
  while (!source.empty()) {
    std::array<iovec, kBuffers> parts{};
    std::size_t count = 0;
    for (std::size_t i = source.first; i < source.count; ++i) {
      parts[count++] = {const_cast<void*>(source.part[i].data()), source.part[i].size()};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::wait_write;
      error = last_system_error();
      return Step::failed;
    }
    consume(source, static_cast<std::size_t>(sent));
  }
  return Step::done;
}

Transport::Step Transport::write_tls(Source& source, error_code& error) {
  while (!source.empty()) {
    std::size_t filled = 0;
    for (std::size_t i = source.first; i < source.count && filled < scratch.size(); ++i) {
      const std::size_t taken = std::min(source.part[i].size(), scratch.size() - filled);
      std::memcpy(scratch.data() + filled, source.part[i].data(), taken);
      filled += taken;
    }
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), scratch.data(), static_cast<int>(filled));
    if (result > 0) {
      consume(source, static_cast<std::size_t>(result));
      continue;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      // A repeat offers the same bytes again (from the moving scratch), as OpenSSL demands.
      case SSL_ERROR_WANT_WRITE:
      case SSL_ERROR_WANT_READ:
        return Step::wait_write;
      case SSL_ERROR_SYSCALL:
        error = errno != 0 ? last_system_error() : error_code(net::error::connection_reset);
        return Step::failed;
      default:
        error = net::error::connection_aborted;
        return Step::failed;
    }
  }
  return Step::done;
}

void Transport::read_shared(ReadHandler handler) {
  if (!unread_.empty() || (ssl_ && SSL_has_pending(ssl_.get()) == 1)) {
    return net::post(executor_, [this, handler = std::move(handler)]() mutable {
      deliver(std::move(handler));
    });
  }
  socket_.async_wait(net::socket_base::wait_read,
                     [this, handler = std::move(handler)](error_code error) mutable {
                       if (error) return handler(error, {});
                       deliver(std::move(handler));
                     });
}

Transport::Step Transport::receive(std::span<char> into, std::size_t& got, error_code& error) {
  if (!unread_.empty()) {
    got = std::min(into.size(), unread_.size());
    std::memcpy(into.data(), unread_.data(), got);
    unread_.erase(0, got);
    if (unread_.empty()) std::string().swap(unread_);
    return Step::done;
  }
  if (ssl_) return tls_read(net::buffer(into.data(), into.size()), got, error);
  while (true) {
    const ssize_t result =
        ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    if (result > 0) {
      got = static_cast<std::size_t>(result);
      bytes_in_ += got;
      return Step::done;
    }
    if (result < 0 && errno == EINTR) continue;
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Step::wait_read;
    error = result == 0 ? error_code(net::error::eof) : last_system_error();
    return Step::failed;
  }
}

void Transport::deliver(ReadHandler handler) {
  if (!socket_.is_open()) return handler(net::error::operation_aborted, {});
  std::size_t got = 0;
  error_code error;
  const Step step = receive(shared_input, got, error);
  if (step == Step::wait_read || step == Step::wait_write) {
    const auto side =
        step == Step::wait_write ? net::socket_base::wait_write : net::socket_base::wait_read;
    socket_.async_wait(side, [this, handler = std::move(handler)](error_code failed) mutable {
      if (failed) return handler(failed, {});
      deliver(std::move(handler));
    });
    return;
  }
  handler(error, std::span(shared_input).first(got));
}

Transport::Written Transport::write_now(std::string_view bytes) {
  Written out;
  if (!socket_.is_open()) return {0, net::error::operation_aborted};
  Source source;
  source.part[0] = net::buffer(bytes.data(), bytes.size());
  source.count = bytes.empty() ? 0 : 1;
  const Step step = write_all(source, out.error);
  out.bytes = source.written;
  if (step == Step::wait_write && !stalled_since_) stalled_since_ = Clock::now();
  return out;
}

void Transport::wait_writable(std::move_only_function<void(error_code)> handler) {
  socket_.async_wait(net::socket_base::wait_write, std::move(handler));
}

void Transport::stop_writing() {
  if (!socket_.is_open() || std::exchange(stopped_, true)) return;
  if (ssl_) {
    ERR_clear_error();
    (void)SSL_shutdown(ssl_.get());  // close_notify, best effort: the FIN follows anyway
  }
  error_code ignored;
  socket_.shutdown(net::socket_base::shutdown_send, ignored);
}

void Transport::finish(std::move_only_function<void()> done) {
  if (!socket_.is_open()) {
    return net::post(executor_, [done = std::move(done)]() mutable { done(); });
  }
  stop_writing();
  discard(std::move(done), kDiscardBytes);
}

void Transport::discard(std::move_only_function<void()> done, std::size_t left) {
  socket_.async_wait(
      net::socket_base::wait_read, [this, done = std::move(done), left](error_code error) mutable {
        if (error || !socket_.is_open()) return done();
        const ssize_t got =
            ::recv(socket_.native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT);
        const bool again = got < 0 && (errno == EAGAIN || errno == EINTR);
        if (!again && (got <= 0 || static_cast<std::size_t>(got) >= left)) return done();
        discard(std::move(done), again ? left : left - static_cast<std::size_t>(got));
      });
}

void Transport::abort() {
  error_code ignored;
  socket_.close(ignored);
}

Transport::Clock::duration Transport::write_stalled(Clock::time_point now) const {
  return stalled_since_ ? now - *stalled_since_ : Clock::duration::zero();
}

}  // namespace conclave::wire
