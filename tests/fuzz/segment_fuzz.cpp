#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "hsm/api/segment.hpp"

namespace api = conclave::hsm::api;

// A segment that parses is encoded back to the very bytes it came from, and its parts lie inside
// it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const conclave::ByteView bytes(data, size);
  if (const auto parsed = api::parse_segment(bytes)) {
    const auto encoded = api::encode_header(parsed->header);
    if (!std::ranges::equal(encoded, parsed->header_bytes)) std::abort();
    if (parsed->header_bytes.size() + parsed->nonce.size() + parsed->sealed.size() != size)
      std::abort();
  }
  if (const auto header = api::parse_seal_header(bytes);
      header && header->plaintext > api::kMaxSegmentPlaintext)
    std::abort();
  return 0;
}
