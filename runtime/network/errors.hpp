#pragma once

#include "runtime/base/error.hpp"

namespace conclave::network {

inline constexpr ErrorSpec kListRefused{
    "network.list_refused", ErrorKind::invalid,
    "Correct the lines that are named; one address, network, range or AS number stands on each. "
    "What was loaded before stays in force."};
inline constexpr ErrorSpec kProxyHeader{
    "network.proxy_header", ErrorKind::invalid,
    "The bytes before the connection's own are no PROXY protocol version 2 header; see whether the "
    "load balancer in front sends version 2."};

}  // namespace conclave::network
