#pragma once

#include <filesystem>
#include <span>

#include "runtime/base/error.hpp"
#include "runtime/wire/server.hpp"

namespace conclave::server {

// STATE/run/ports.json:
// {"https":8443,"ws":34567,"listen":[{"address":…,"port":…,"tls":…},…],"pid":…}. "https" is the
// first TLS listener, "ws" the first plain one; null when there is none. Written whole or not at
// all, once the server accepts connections; removed when it stops.
[[nodiscard]] Result<void> write_ports_file(const std::filesystem::path& file,
                                            std::span<const wire::ListenAddress> listen,
                                            std::span<const std::uint16_t> ports);

}  // namespace conclave::server
