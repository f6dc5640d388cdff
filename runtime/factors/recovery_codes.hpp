#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.hpp"
#include "runtime/base/random.hpp"

// Recovery codes: 60 random bits each, written as "4f7k-9m2q-x1zr" (Crockford's alphabet). What is
// stored is HMAC-SHA256(set key, code), and the set key is made in the token from the set's salt,
// so that a copy of the store alone is no ground to guess on. Pure; any thread.
namespace conclave::factors {

inline constexpr std::size_t kRecoveryCodes = 10;
inline constexpr std::size_t kRecoverySalt = 16;

[[nodiscard]] std::string make_recovery_code(base::Random& random);

// Folds what people write (capitals, missing or other dashes, o for 0, i and l for 1); empty when
// it cannot be a code.
[[nodiscard]] std::string clean_recovery_code(std::string_view typed);

// 32 bytes over a cleaned code.
[[nodiscard]] Bytes recovery_digest(ByteView set_key, std::string_view code);

// The place of the digest that fits, or digests.size(). Looks at all of them in the same time; used
// codes are empty.
[[nodiscard]] std::size_t find_recovery_code(const std::vector<Bytes>& digests, ByteView digest);

}  // namespace conclave::factors
