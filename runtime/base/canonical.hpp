#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/digest.hpp"

// Parts of documents that people sign: one form each, so that the same bytes are read and signed.
namespace conclave::base {

// What kind of document it is: lower case letters, digits and dots.
[[nodiscard]] inline bool is_kind(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
  });
}

// Ids stay below 2^63 (ids.hpp), and none in a document is "none".
[[nodiscard]] inline bool is_id(std::uint64_t value) {
  return value != 0 && value >> 63 == 0;
}

// Leaves `out` as it was when there is too little left; the reader says so in the end.
inline void read_digest(ByteReader& in, Sha256& out) {
  const ByteView bytes = in.raw(out.size());
  if (in.ok()) std::ranges::copy(bytes, out.begin());
}

}  // namespace conclave::base
