#pragma once

#include "runtime/base/error.hpp"

namespace conclave::wire {

inline constexpr ErrorSpec kAddressInvalid{
    "listen.address_invalid", ErrorKind::invalid,
    "Write an IPv4 or IPv6 address of this machine, such as 127.0.0.1, 0.0.0.0 or ::."};
inline constexpr ErrorSpec kAddressTaken{
    "listen.address_taken", ErrorKind::unavailable,
    "Another program listens there: stop it, or configure another port."};
inline constexpr ErrorSpec kListenRefused{
    "listen.refused", ErrorKind::unavailable,
    "The kernel refused this address and port; ports below 1024 need the right to bind them."};
inline constexpr ErrorSpec kPlainNotLoopback{
    "listen.plain_not_loopback", ErrorKind::invalid,
    "A listener without TLS may only use a loopback address; switch tls on."};
inline constexpr ErrorSpec kTlsIdentity{
    "tls.identity", ErrorKind::invalid,
    "The certificate must be DER and belong to the token's tls key; see the detail."};
inline constexpr ErrorSpec kDoorTwice{"listen.door_twice", ErrorKind::internal,
                                      "Two doors claim one WebSocket sub-protocol."};

}  // namespace conclave::wire
