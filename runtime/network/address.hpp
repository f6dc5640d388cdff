#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/error.hpp"

namespace conclave::network {

// An IPv4 or IPv6 address. IPv4 is kept in its mapped form (RFC 4291, 2.5.5.2), so that "1.2.3.4"
// and "::ffff:1.2.3.4" are one address and one comparison serves both families.
class Address {
 public:
  using Octets = std::array<std::uint8_t, 16>;  // network order

  Address() = default;  // "::"
  explicit Address(const Octets& octets) : octets_(octets) {}
  [[nodiscard]] static Address v4(std::uint32_t host_order);

  // Text without port, zone or brackets; nullopt for anything else (no leading zeros in IPv4, as
  // inet_pton has it).
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] bool is_loopback() const;
  // Not routed on the Internet: RFC 1918, RFC 6598 (carriers' own), link-local, unique local,
  // loopback, unspecified. Of such an address no public database knows anything.
  [[nodiscard]] bool is_internal() const;
  [[nodiscard]] std::uint32_t v4_bits() const;  // host order; of an IPv4 address only
  [[nodiscard]] const Octets& octets() const { return octets_; }
  [[nodiscard]] std::string text() const;
  // The next address; wraps around at the last one.
  [[nodiscard]] Address next() const;

  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  Octets octets_{};
};

// A network: its first address and how many leading bits it fixes. `length` counts in 128 bits for
// both families (IPv4 /24 is 120).
struct Prefix {
  Address address;
  std::uint8_t length = 128;

  // "192.0.2.0/24", "2001:db8::/32" or a single address. Bits beyond the length must be zero when
  // `strict`; otherwise they are cleared.
  [[nodiscard]] static std::optional<Prefix> parse(std::string_view text, bool strict = false);

  [[nodiscard]] bool contains(const Address& inner) const;
  [[nodiscard]] Address last() const;
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const Prefix&, const Prefix&) = default;
};

// `address` with all bits from `length` (of 128) on cleared.
[[nodiscard]] Address masked(const Address& address, unsigned length);

}  // namespace conclave::network

template <>
struct std::hash<conclave::network::Address> {
  std::size_t operator()(const conclave::network::Address& address) const noexcept {
    const auto& octets = address.octets();
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(octets.data()), octets.size()});
  }
};
