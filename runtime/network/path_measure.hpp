#pragma once

#include <cstdint>

namespace conclave::network {

// What the kernel knows of the way to the other end of a TCP connection. Zero: not known.
struct PathMeasure {
  // The least round trip in the kernel's window of five minutes (tcpi_min_rtt), milliseconds. It
  // ends where TCP ends: at the client, or at a proxy in front of it.
  double round_trip_ms = 0;
  // The largest IP packet that fits, by the MSS that the other end announced and by path MTU
  // discovery: MSS plus TCP and IP headers.
  std::uint32_t mtu = 0;
};

// `descriptor`: a connected TCP socket; of anything else nothing is known. One system call or two.
[[nodiscard]] PathMeasure measure_path(int descriptor);

}  // namespace conclave::network
