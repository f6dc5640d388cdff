#include <cstdint>
#include <cstdlib>

#include "runtime/network/proxy_protocol.hpp"

using conclave::ByteView;
using conclave::network::parse_proxy_header;

// Whatever is accepted lies within the bytes, and no shorter part of it was accepted or refused: a
// reader that gets the bytes one by one comes to the same end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto parsed = parse_proxy_header(bytes);
  if (!parsed) {
    if (parsed.error().detail().empty()) std::abort();
    return 0;
  }
  if (!*parsed) return 0;
  const std::size_t length = (*parsed)->size;
  if (length > size || length < conclave::network::kProxyHeadBytes) std::abort();
  const auto exact = parse_proxy_header(bytes.first(length));
  if (!exact || !*exact || (*exact)->source != (*parsed)->source) std::abort();
  for (std::size_t keep : {std::size_t{0}, length / 2, length - 1}) {
    const auto part = parse_proxy_header(bytes.first(keep));
    if (!part || *part) std::abort();
  }
  return 0;
}
