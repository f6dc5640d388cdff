#include "runtime/factors/totp.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "runtime/base/assert.hpp"
#include "runtime/base/secret.hpp"

namespace conclave::factors {

namespace {

const EVP_MD* digest_of(TotpDigest digest) {
  switch (digest) {
    case TotpDigest::sha1:
      return EVP_sha1();
    case TotpDigest::sha256:
      return EVP_sha256();
    case TotpDigest::sha512:
      return EVP_sha512();
  }
  return EVP_sha1();
}

std::string_view name_of(TotpDigest digest) {
  switch (digest) {
    case TotpDigest::sha1:
      return "SHA1";
    case TotpDigest::sha256:
      return "SHA256";
    case TotpDigest::sha512:
      return "SHA512";
  }
  return "SHA1";
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0x0fU];
  }
  return out;
}

}  // namespace

std::string hotp(const TotpForm& form, ByteView seed, std::uint64_t counter) {
  const Bytes message = base::ByteWriter(8).u64(counter).take();
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  const auto* done = HMAC(digest_of(form.digest), seed.data(), static_cast<int>(seed.size()),
                          message.data(), message.size(), mac.data(), &size);
  CONCLAVE_ASSERT(done != nullptr && size >= 20);
  const std::size_t offset = mac[size - 1] & 0x0fU;
  std::uint32_t number = base::ByteReader(ByteView(mac).subspan(offset, 4)).u32() & 0x7fffffffU;
  std::string code(form.digits, '0');
  for (std::size_t i = code.size(); i > 0; --i) {
    code[i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return code;
}

std::uint64_t totp_step(const TotpForm& form, std::int64_t utc_ms) {
  return utc_ms <= 0 ? 0 : static_cast<std::uint64_t>(utc_ms / 1000 / form.period_s);
}

std::optional<std::uint64_t> match_totp(const TotpForm& form, ByteView seed, std::string_view code,
                                        std::int64_t utc_ms, std::uint64_t last_step) {
  if (code.size() != form.digits) return std::nullopt;
  const std::uint64_t now = totp_step(form, utc_ms);
  std::optional<std::uint64_t> found;
  for (std::uint64_t step = now == 0 ? 0 : now - 1; step <= now + 1; ++step) {
    const std::string expected = hotp(form, seed, step);
    const bool same = base::equal_in_constant_time(base::as_bytes(expected), base::as_bytes(code));
    if (same && step > last_step) found = step;
  }
  return found;
}

std::string seed_text(ByteView seed) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : seed) {
    held = held << 8U | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kAlphabet[held >> bits & 0x1fU];
    }
    held &= (1U << bits) - 1;
  }
  if (bits > 0) out += kAlphabet[held << (5 - bits) & 0x1fU];
  return out;
}

std::string otpauth_uri(const TotpForm& form, ByteView seed, std::string_view issuer,
                        std::string_view account) {
  return "otpauth://totp/" + percent_encoded(issuer) + ":" + percent_encoded(account) +
         "?secret=" + seed_text(seed) + "&issuer=" + percent_encoded(issuer) +
         "&algorithm=" + std::string(name_of(form.digest)) +
         "&digits=" + std::to_string(form.digits) + "&period=" + std::to_string(form.period_s);
}

}  // namespace conclave::factors
