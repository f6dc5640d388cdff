#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"

namespace conclave::sync {

// How far a device has read: opaque text for clients. The epoch rises with every restore, so that a
// cursor of a life that was rolled back is recognised.
struct Cursor {
  std::uint32_t epoch = 0;
  std::uint64_t pos = 0;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

[[nodiscard]] std::string encode_cursor(Cursor cursor);
[[nodiscard]] Result<Cursor> decode_cursor(std::string_view text);  // kCursorInvalid

}  // namespace conclave::sync
