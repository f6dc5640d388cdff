#include "runtime/network/path_measure.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace conclave::network {
namespace {

constexpr std::uint32_t kTcpHeader = 20;
constexpr std::uint32_t kTimestamps = 12;  // option of RFC 7323, padded; not in tcpi_snd_mss
constexpr std::uint32_t kIpv4Header = 20;
constexpr std::uint32_t kIpv6Header = 40;

bool speaks_ipv4(int descriptor) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return true;
  if (peer.ss_family == AF_INET) return true;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
}

}  // namespace

PathMeasure measure_path(int descriptor) {
  tcp_info info{};
  socklen_t length = sizeof info;
  PathMeasure out;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return out;
  const bool has_least = length >= offsetof(tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt;
  // All ones until the first sample.
  if (has_least && info.tcpi_min_rtt != UINT32_MAX) out.round_trip_ms = info.tcpi_min_rtt / 1'000.0;
  if (info.tcpi_snd_mss == 0) return out;
  const std::uint32_t options = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0 ? kTimestamps : 0;
  const std::uint32_t ip = speaks_ipv4(descriptor) ? kIpv4Header : kIpv6Header;
  out.mtu = info.tcpi_snd_mss + options + kTcpHeader + ip;
  if (info.tcpi_pmtu != 0) out.mtu = std::min(out.mtu, info.tcpi_pmtu);
  return out;
}

}  // namespace conclave::network
