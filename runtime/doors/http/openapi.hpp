#pragma once

#include <string_view>

namespace conclave::doors::http {

// sdk/protocol/openapi.json, as it was when this program was built.
[[nodiscard]] std::string_view openapi_text();

}  // namespace conclave::doors::http
