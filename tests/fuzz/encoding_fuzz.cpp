#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/base/encoding.hpp"
#include "runtime/base/ids.hpp"

namespace base = conclave::base;

// What decodes survives encoding and decoding again; base64url has exactly one form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = base::base64url_decode(text);
      bytes && base::base64url_encode(*bytes) != text)
    std::abort();
  if (const auto bytes = base::hex_decode(text);
      bytes && base::hex_decode(base::hex_encode(*bytes)) != *bytes)
    std::abort();
  if (const auto room = base::parse_id<conclave::RoomId>(text);
      room && base::parse_id<conclave::RoomId>(base::to_text(*room)) != *room)
    std::abort();
  (void)base::is_utf8(text);
  return 0;
}
