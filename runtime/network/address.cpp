#include "runtime/network/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace conclave::network {
namespace {

constexpr std::size_t kMappedBytes = 12;
constexpr Address::Octets kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

constexpr std::size_t kMostText = 45;  // the longest form of an IPv6 address

struct Block {
  std::string_view text;
};
constexpr Block kInternal[] = {
    {"10.0.0.0/8"},     {"172.16.0.0/12"}, {"192.168.0.0/16"}, {"100.64.0.0/10"},
    {"169.254.0.0/16"}, {"127.0.0.0/8"},   {"0.0.0.0/8"},      {"fc00::/7"},
    {"fe80::/10"},      {"::1/128"},       {"::/128"},
};

}  // namespace

Address Address::v4(std::uint32_t host_order) {
  Octets octets = kMapped;
  for (std::size_t i = 0; i < 4; ++i) {
    octets[kMappedBytes + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  }
  return Address(octets);
}

std::optional<Address> Address::parse(std::string_view text) {
  if (text.size() > kMostText) return std::nullopt;
  char terminated[kMostText + 1] = {};
  std::ranges::copy(text, terminated);
  if (std::memchr(text.data(), 0, text.size()) != nullptr) return std::nullopt;
  Octets octets = kMapped;
  if (::inet_pton(AF_INET, terminated, octets.data() + kMappedBytes) == 1) return Address(octets);
  if (::inet_pton(AF_INET6, terminated, octets.data()) == 1) return Address(octets);
  return std::nullopt;
}

bool Address::is_v4() const {
  return std::equal(octets_.begin(), octets_.begin() + kMappedBytes, kMapped.begin());
}

bool Address::is_loopback() const {
  static const Address kOne = *parse("::1");
  return is_v4() ? octets_[kMappedBytes] == 127 : *this == kOne;
}

bool Address::is_internal() const {
  static const auto blocks = [] {
    std::array<Prefix, std::size(kInternal)> out;
    std::ranges::transform(kInternal, out.begin(),
                           [](const Block& block) { return *Prefix::parse(block.text); });
    return out;
  }();
  return std::ranges::any_of(blocks, [&](const Prefix& block) { return block.contains(*this); });
}

std::uint32_t Address::v4_bits() const {
  std::uint32_t bits = 0;
  for (std::size_t i = kMappedBytes; i < octets_.size(); ++i) bits = bits << 8 | octets_[i];
  return bits;
}

std::string Address::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    ::inet_ntop(AF_INET, octets_.data() + kMappedBytes, buffer, sizeof buffer);
  } else {
    ::inet_ntop(AF_INET6, octets_.data(), buffer, sizeof buffer);
  }
  return buffer;
}

Address Address::next() const {
  Octets octets = octets_;
  for (std::size_t i = octets.size(); i-- > 0;) {
    if (++octets[i] != 0) break;
  }
  return Address(octets);
}

Address masked(const Address& address, unsigned length) {
  Address::Octets octets = address.octets();
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const unsigned from = static_cast<unsigned>(i) * 8;
    if (from >= length) {
      octets[i] = 0;
    } else if (length - from < 8) {
      octets[i] &= static_cast<std::uint8_t>(0xff << (8 - (length - from)));
    }
  }
  return Address(octets);
}

std::optional<Prefix> Prefix::parse(std::string_view text, bool strict) {
  const std::size_t slash = text.find('/');
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  // The text decides the family: "::ffff:0:0/96" is a length of 96, "0.0.0.0/0" one of 96 as well.
  const bool v4_text = text.find(':') == std::string_view::npos;
  const unsigned most = v4_text ? 32 : 128;
  unsigned length = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0'))
      return std::nullopt;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), length);
    if (error != std::errc{} || end != digits.end() || length > most) return std::nullopt;
  }
  if (v4_text) length += 128 - 32;
  const Address first = masked(*address, length);
  if (strict && first != *address) return std::nullopt;
  return Prefix{first, static_cast<std::uint8_t>(length)};
}

bool Prefix::contains(const Address& inner) const {
  return masked(inner, length) == address;
}

Address Prefix::last() const {
  Address::Octets octets = address.octets();
  for (unsigned bit = length; bit < 128; ++bit) {
    octets[bit / 8] |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
  }
  return Address(octets);
}

std::string Prefix::text() const {
  const bool as_v4 = address.is_v4() && length >= 96;
  return address.text() + "/" + std::to_string(as_v4 ? length - 96 : length);
}

}  // namespace conclave::network
