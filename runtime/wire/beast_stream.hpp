#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <utility>

#include "runtime/wire/transport.hpp"

// The transport as Beast's NextLayer: the thin template part, included by one source file only.
namespace conclave::wire {

struct BeastStream {
  using executor_type = boost::asio::any_io_executor;

  Transport* transport;  // owned by the session, which outlives every operation

  [[nodiscard]] executor_type get_executor() const noexcept { return transport->executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [](auto handler, Transport* to, const Buffers& into) {
          boost::asio::mutable_buffer first;
          for (auto at = boost::asio::buffer_sequence_begin(into);
               at != boost::asio::buffer_sequence_end(into) && first.size() == 0; ++at) {
            first = *at;
          }
          to->read_some(first, Transport::Handler(std::move(handler)));
        },
        token, transport, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [](auto handler, Transport* to, const Buffers& from) {
          std::array<boost::asio::const_buffer, 8> parts;
          std::size_t count = 0;
          for (auto at = boost::asio::buffer_sequence_begin(from);
               at != boost::asio::buffer_sequence_end(from) && count < parts.size(); ++at) {
            const boost::asio::const_buffer part = *at;
            if (part.size() > 0) parts[count++] = part;
          }
          to->write_some({parts.data(), count}, Transport::Handler(std::move(handler)));
        },
        token, transport, buffers);
  }
};

// Found by Beast through argument-dependent look-up. The session discards the rest and closes.
template <class Handler>
void async_teardown(boost::beast::role_type, BeastStream& stream, Handler&& handler) {
  stream.transport->stop_writing();
  boost::asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
    handler(boost::system::error_code());
  });
}
inline void teardown(boost::beast::role_type, BeastStream& stream, boost::system::error_code&) {
  stream.transport->abort();
}
inline void beast_close_socket(BeastStream& stream) {
  stream.transport->abort();
}

}  // namespace conclave::wire
