#include "runtime/base/encoding.hpp"

#include <array>

namespace conclave::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32Digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::uint8_t kNoDigit = 0xff;

consteval std::array<std::uint8_t, 256> reverse_table(std::string_view digits) {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    table[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto kHexValues = reverse_table(kHexDigits);
constexpr auto kBase64Values = reverse_table(kBase64Digits);
constexpr auto kBase32Values = reverse_table(kBase32Digits);

std::uint8_t value_of(const std::array<std::uint8_t, 256>& table, char digit) {
  return table[static_cast<unsigned char>(digit)];
}

}  // namespace

std::string hex_encode(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  return out;
}

Result<Bytes> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return fail(kMalformed, "hexadecimal text of odd length");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = value_of(kHexValues, text[i]);
    const std::uint8_t low = value_of(kHexValues, text[i + 1]);
    if (high == kNoDigit || low == kNoDigit) return fail(kMalformed, "not a hexadecimal digit");
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string base64url_encode(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      out.push_back(kBase64Digits[bits >> held & 63]);
    }
  }
  if (held > 0) out.push_back(kBase64Digits[bits << (6 - held) & 63]);
  return out;
}

Result<Bytes> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return fail(kMalformed, "base64url text of impossible length");
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char digit : text) {
    const std::uint8_t value = value_of(kBase64Values, digit);
    if (value == kNoDigit) return fail(kMalformed, "not a base64url digit");
    bits = bits << 6 | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  if ((bits & ((1U << held) - 1)) != 0) return fail(kMalformed, "base64url text with stray bits");
  return out;
}

std::string base32_u64(std::uint64_t value) {
  std::string out(13, '0');
  for (std::size_t i = 13; i-- > 0; value >>= 5) out[i] = kBase32Digits[value & 31];
  return out;
}

Result<std::uint64_t> base32_u64_decode(std::string_view text) {
  if (text.size() != 13) return fail(kMalformed, "an id has 13 characters after its prefix");
  std::uint64_t value = 0;
  for (const char digit : text) {
    const std::uint8_t five = value_of(kBase32Values, digit);
    if (five == kNoDigit || value >> 59 != 0) return fail(kMalformed, "not an id");
    value = value << 5 | five;
  }
  return value;
}

bool is_utf8(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  std::size_t i = 0;
  while (i < bytes.size()) {
    const std::uint8_t lead = bytes[i];
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || bytes.size() - i < length) return false;
    // The second byte carries the limits against overlong forms, surrogates and > U+10FFFF.
    const std::uint8_t second = bytes[i + 1];
    const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if ((bytes[i + k] & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace conclave::base
