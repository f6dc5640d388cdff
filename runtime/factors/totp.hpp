#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/bytes.hpp"

// Time-based one-time passwords: RFC 6238 over RFC 4226. Pure; any thread.
namespace conclave::factors {

enum class TotpDigest : std::uint8_t { sha1 = 1, sha256 = 2, sha512 = 3 };

// The defaults are what authenticator applications expect; several of them ignore others.
struct TotpForm {
  TotpDigest digest = TotpDigest::sha1;
  unsigned digits = 6;  // 6 to 8
  std::int64_t period_s = 30;
};

inline constexpr std::size_t kSeedBytes = 20;  // RFC 4226, R6: 160 bits are recommended

// RFC 4226, 5.3: the code of one counter, with leading zeros.
[[nodiscard]] std::string hotp(const TotpForm& form, ByteView seed, std::uint64_t counter);

// The step in which a time lies.
[[nodiscard]] std::uint64_t totp_step(const TotpForm& form, std::int64_t utc_ms);

// The step that `code` belongs to, of the one of `utc_ms` and its two neighbours (RFC 6238, 5.2),
// when it is newer than `last_step`: each step counts once. Takes the same time for every code of
// the right length.
[[nodiscard]] std::optional<std::uint64_t> match_totp(const TotpForm& form, ByteView seed,
                                                      std::string_view code, std::int64_t utc_ms,
                                                      std::uint64_t last_step);

// RFC 4648 base32 without padding: what people type into an authenticator application.
[[nodiscard]] std::string seed_text(ByteView seed);

// "otpauth://totp/issuer:account?secret=...", what a QR code for an authenticator application
// holds.
[[nodiscard]] std::string otpauth_uri(const TotpForm& form, ByteView seed, std::string_view issuer,
                                      std::string_view account);

}  // namespace conclave::factors
