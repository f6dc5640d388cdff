#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>

#include "runtime/network/proxy_protocol.hpp"
#include "runtime/wire/link.hpp"

namespace conclave::wire {

using ProxyArrived =
    std::move_only_function<void(boost::asio::ip::tcp::socket, const network::ProxyHeader&)>;

// The phase before all others on a connection from a load balancer: takes exactly the PROXY header
// off the socket and hands it on. A header that is wrong, or not there within limits.handshake,
// closes the connection. On the loop's thread.
void read_proxy_head(std::shared_ptr<Environment> env, std::shared_ptr<Loop> loop,
                     boost::asio::ip::tcp::socket socket, ProxyArrived arrived);

}  // namespace conclave::wire
