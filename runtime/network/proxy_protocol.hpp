#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"
#include "runtime/network/address.hpp"

// Version 2 of the PROXY protocol ("The PROXY protocol, versions 1 & 2", HAProxy, 2020/03/05,
// section 2.2). Version 1 is text that every client can write and is not taken.
namespace conclave::network {

struct ProxyHeader {
  // The proxy speaks for itself (a health check): the socket's own addresses count.
  bool local = false;
  Address source;
  std::uint16_t source_port = 0;
  Address destination;
  std::uint16_t destination_port = 0;
  std::size_t size = 0;  // bytes of the header; the connection's own follow
};

// The fixed part: signature, version and command, family, length.
inline constexpr std::size_t kProxyHeadBytes = 16;
// What is taken in all. Addresses need 52; load balancers add a few hundred bytes of TLVs.
inline constexpr std::size_t kMostProxyBytes = 4'096;

// nullopt: the beginning of a header, more bytes are needed. kProxyHeader: it is none, or one that
// may not be on a TCP listener: another version, an unknown command or family, UDP and Unix
// sockets, lengths that do not fit, a wrong CRC32c where one is given.
[[nodiscard]] Result<std::optional<ProxyHeader>> parse_proxy_header(ByteView bytes);

// CRC-32C (Castagnoli), as in RFC 3720, appendix B.4.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes);

}  // namespace conclave::network
