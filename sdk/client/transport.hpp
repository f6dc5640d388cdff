#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"
#include "sdk/client/address.hpp"
#include "sdk/client/binding.hpp"

namespace conclave::client {

// One WebSocket connection, text frames both ways. All calls and callbacks on the io_context's
// thread. The only place in the client that knows Beast and TLS.
class Transport {
 public:
  struct Settings {
    Address address;
    std::string authority_pem;  // root certificate that the server's must lead to; with TLS only
    std::filesystem::path certificate_file = {};  // the client's own; empty: none
    std::int64_t connect_timeout_ms = 10'000;
    // Nothing heard for so long (pings are sent in between): the connection is gone.
    std::int64_t idle_timeout_ms = 60'000;
    std::size_t frame_bytes = 4 * 1024 * 1024;  // largest frame from the server
  };
  struct Closed {
    std::uint16_t code = 0;  // WebSocket close code, 0 when the connection just broke
    std::string reason;
    std::optional<Error> error;  // why it never opened or broke
  };
  struct Handlers {
    std::move_only_function<void(std::string_view frame)> frame;
    // Exactly once, the last call.
    std::move_only_function<void(Closed)> closed;
  };

  virtual ~Transport() = default;
  virtual void start() = 0;
  virtual void send(std::string frame) = 0;
  // Drops the connection; no callback follows.
  virtual void abandon() = 0;
  // The same, but the server is told: keeps the io_context busy for a second at most.
  virtual void leave() = 0;
  // What a sign-in on this connection is bound to; known with the first frame.
  [[nodiscard]] virtual const Binding& binding() const = 0;
};

// Shared: callbacks that wait in the io_context keep the connection alive.
[[nodiscard]] Result<std::shared_ptr<Transport>> make_transport(boost::asio::io_context& io,
                                                                Transport::Settings settings,
                                                                Transport::Handlers handlers);

}  // namespace conclave::client
