#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/assert.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/doors/native/envelope.hpp"
#include "runtime/doors/native/strict_json.hpp"

// Any frame of a client: is answered with one valid JSON object that names the request or null.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace native = conclave::doors::native;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The transport lets nothing else through.
  if (size > 64 * 1024 || !conclave::base::is_utf8(text)) return 0;
  const auto request = native::parse_request(text);
  const std::string answer =
      request
          ? native::result_frame(request->id, "{}")
          : native::error_frame(request.error().id, request.error().error, request.error().path);
  const std::string& id = request ? request->id : request.error().id;
  CONCLAVE_ASSERT(!id.empty() && id.size() <= native::kMaxIdBytes * 6 + 2);
  const auto read = native::parse_strictly(answer, native::kMaxDepth, {});
  CONCLAVE_ASSERT(read && read->is_object());
  CONCLAVE_ASSERT(read->get_object().contains("id"));
  if (request)
    CONCLAVE_ASSERT(request->params.index() == static_cast<std::size_t>(request->method));
  return 0;
}
