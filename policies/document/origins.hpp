#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/network/address.hpp"

namespace conclave::policy {

// Where connections come from, as a policy names it: networks ("192.0.2.0/24", "2001:db8::/32",
// single addresses) and autonomous systems ("AS64500").
class Origins {
 public:
  // Sorted and without repetition; texts that are no origin are left out (the schema refuses them).
  [[nodiscard]] static Origins of(const std::vector<std::string>& texts);
  [[nodiscard]] static bool is_origin(std::string_view text);

  [[nodiscard]] bool empty() const { return networks_.empty() && systems_.empty(); }
  // `as_number` 0: not known.
  [[nodiscard]] bool hold(const std::optional<network::Address>& address,
                          std::uint32_t as_number) const;
  [[nodiscard]] std::vector<std::string> texts() const;

  friend bool operator==(const Origins&, const Origins&) = default;

 private:
  std::vector<network::Prefix> networks_;  // sorted, as are the others
  std::vector<std::uint8_t>
      lengths_;  // those that occur: one search for each, not for each network
  std::vector<std::uint32_t> systems_;
};

}  // namespace conclave::policy
