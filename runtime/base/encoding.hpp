#pragma once

#include <string>
#include <string_view>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

// Text forms of bytes. Decoders are strict: one text for each value, no white space.
namespace conclave::base {

[[nodiscard]] std::string hex_encode(ByteView bytes);
[[nodiscard]] Result<Bytes> hex_decode(std::string_view text);

// RFC 4648 section 5, without padding: every binary value on the wire.
[[nodiscard]] std::string base64url_encode(ByteView bytes);
[[nodiscard]] Result<Bytes> base64url_decode(std::string_view text);

// Thirteen lower-case characters of Crockford's alphabet (no i, l, o, u): the text of a 64-bit id.
[[nodiscard]] std::string base32_u64(std::uint64_t value);
[[nodiscard]] Result<std::uint64_t> base32_u64_decode(std::string_view text);

// True when `text` is well-formed UTF-8 (no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace conclave::base
