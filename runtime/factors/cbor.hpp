#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

// CBOR (RFC 8949) as authenticators write it, and no more: definite lengths, shortest forms, no
// tags, no floating point, keys of maps are integers or texts and occur once. The order of keys is
// kept as it stands and not asked for, since what was signed are the bytes. Untrusted input; fuzzed
// (tests/fuzz/webauthn_fuzz.cpp). Pure; any thread.
namespace conclave::factors {

class Cbor {
 public:
  using Array = std::vector<Cbor>;
  using Map = std::vector<std::pair<Cbor, Cbor>>;
  // Byte strings and texts point into the bytes that were parsed.
  using Value =
      std::variant<std::monostate, bool, std::int64_t, ByteView, std::string_view, Array, Map>;

  Cbor() = default;  // null
  explicit Cbor(Value value) : value_(std::move(value)) {}

  [[nodiscard]] const Value& value() const { return value_; }
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&value_);
  }
  // The member of a map; nullptr when this is none or has none such.
  [[nodiscard]] const Cbor* find(std::int64_t key) const;
  [[nodiscard]] const Cbor* find(std::string_view key) const;

 private:
  Value value_;
};

inline constexpr std::size_t kCborDepth = 6;
inline constexpr std::size_t kCborItems = 256;  // of one document

struct ParsedCbor {
  Cbor item;
  std::size_t size = 0;  // bytes that it takes
};

// The item that `bytes` begin with. kWebAuthnMalformed.
[[nodiscard]] Result<ParsedCbor> parse_cbor_prefix(ByteView bytes);
// The same when nothing may follow.
[[nodiscard]] Result<Cbor> parse_cbor(ByteView bytes);

}  // namespace conclave::factors
