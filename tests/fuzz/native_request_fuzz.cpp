#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/envelope.hpp"

namespace native = conclave::doors::native;

// A frame is a request or a refusal, and the answer to either is valid UTF-8 that repeats only an
// id of the allowed form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto request = native::parse_request(text);
  const std::string answer =
      request
          ? native::result_frame(request->id, "{}")
          : native::error_frame(request.error().id, request.error().error, request.error().path);
  if (!conclave::base::is_utf8(answer)) std::abort();
  const auto& id = request ? request->id : request.error().id;
  if (id.empty() || id.size() > native::kMaxIdBytes * 6 + 2) std::abort();
  return 0;
}
