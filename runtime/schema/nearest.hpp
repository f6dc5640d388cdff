#pragma once

#include <span>
#include <string_view>

namespace conclave::schema {

// The known name that `name` most likely meant: fewest edits, at most a third of its length; the
// same last part in another section and a longer name that begins with it count as near. Empty when
// nothing is.
[[nodiscard]] std::string_view nearest(std::string_view name,
                                       std::span<const std::string_view> known);

}  // namespace conclave::schema
