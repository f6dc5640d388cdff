#include "runtime/factors/recovery_codes.hpp"

#include <sodium.h>

#include "runtime/base/assert.hpp"
#include "runtime/base/secret.hpp"

namespace conclave::factors {

namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kCharacters = 12;
constexpr std::size_t kGroup = 4;

char folded(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == 'o') return '0';
  if (c == 'i' || c == 'l') return '1';
  return c;
}

}  // namespace

std::string make_recovery_code(base::Random& random) {
  const Bytes bytes = random.bytes(kCharacters);
  std::string out;
  for (std::size_t i = 0; i < kCharacters; ++i) {
    if (i > 0 && i % kGroup == 0) out += '-';
    out += kAlphabet[bytes[i] & 0x1fU];
  }
  return out;
}

std::string clean_recovery_code(std::string_view typed) {
  std::string out;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    const char digit = folded(c);
    if (kAlphabet.find(digit) == std::string_view::npos || out.size() == kCharacters) return {};
    out += digit;
  }
  return out.size() == kCharacters ? out : std::string();
}

Bytes recovery_digest(ByteView set_key, std::string_view code) {
  CONCLAVE_ASSERT(set_key.size() == crypto_auth_hmacsha256_KEYBYTES);
  Bytes out(crypto_auth_hmacsha256_BYTES);
  const ByteView message = base::as_bytes(code);
  crypto_auth_hmacsha256(out.data(), message.data(), message.size(), set_key.data());
  return out;
}

std::size_t find_recovery_code(const std::vector<Bytes>& digests, ByteView digest) {
  std::size_t found = digests.size();
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const bool same =
        digests[i].size() == digest.size() && base::equal_in_constant_time(digests[i], digest);
    if (same) found = i;
  }
  return found;
}

}  // namespace conclave::factors
