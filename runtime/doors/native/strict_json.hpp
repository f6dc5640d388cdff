#pragma once

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

namespace conclave::doors::native {

// Parses one JSON text: at most `max_depth` levels, no repeated keys, no invalid UTF-8, no lone
// surrogates, nothing after the value. None when it is not that. Values live in `storage`.
[[nodiscard]] std::optional<boost::json::value> parse_strictly(std::string_view text,
                                                               std::size_t max_depth,
                                                               boost::json::storage_ptr storage);

}  // namespace conclave::doors::native
