#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "runtime/base/bytes.hpp"

namespace conclave::base {

using Sha256 = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256 sha256(ByteView bytes);
[[nodiscard]] Sha256 sha256(std::string_view text);

// SHA-256 over the fields, each preceded by its u32 big-endian length: no two different lists of
// fields give the same input. Every transcript that is signed is built this way.
[[nodiscard]] Sha256 transcript_digest(std::initializer_list<ByteView> fields);

}  // namespace conclave::base
