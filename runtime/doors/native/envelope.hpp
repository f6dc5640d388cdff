#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"
#include "sdk/protocol/methods.hpp"

// From the text of a frame to a typed request (JSON-RPC 2.0), strictly. Pure; any thread.
namespace conclave::doors::native {

struct ParsedRequest {
  std::string id;  // as JSON text, to be echoed: 7 or "a-7"
  sdk::protocol::Method method{};
  sdk::protocol::Params params;
};

// A frame that is no request; `id` is "null" when none could be read.
struct Refusal {
  std::string id = "null";
  Error error;
  std::string path;  // JSON pointer into params, empty when it is about something else
};

inline constexpr std::size_t kMaxDepth = 32;
inline constexpr std::size_t kMaxIdBytes = 64;

[[nodiscard]] std::expected<ParsedRequest, Refusal> parse_request(std::string_view text);

// The frame that answers a request. `result` is JSON text.
[[nodiscard]] std::string result_frame(std::string_view id, std::string_view result);
[[nodiscard]] std::string error_frame(std::string_view id, const Error& error,
                                      std::string_view path = {});
// A notification of the server. `params` is JSON text.
[[nodiscard]] std::string event_frame(std::string_view name, std::string_view params);

// The JSON-RPC code of an error.
[[nodiscard]] int error_code(const Error& error);

}  // namespace conclave::doors::native
