#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/network/address.hpp"

namespace conclave::network {

// Ranges of addresses, each with a number. Of several ranges that hold an address the smallest
// wins (for prefixes: the longest), of equal ones the last given. Built once, then read by any
// thread: 500,000 IPv4 ranges answer in about 0.1 us.
class RangeTable {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Range {
    Address first;
    Address last;  // included; not before `first`
    std::uint32_t value = 0;
  };
  [[nodiscard]] static Range range_of(const Prefix& prefix, std::uint32_t value) {
    return {prefix.address, prefix.last(), value};
  }

  RangeTable() = default;
  explicit RangeTable(const std::vector<Range>& ranges);

  // kNone when no range holds it.
  [[nodiscard]] std::uint32_t find(const Address& address) const;
  // Pieces after overlaps were resolved.
  [[nodiscard]] std::size_t size() const { return v4_starts_.size() + v6_starts_.size(); }

 private:
  struct Wide {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend auto operator<=>(const Wide&, const Wide&) = default;
  };
  friend struct RangeTableBuilder;
  [[nodiscard]] static Wide wide(const Address& address);
  void index_v4();

  // Piece i goes from start i to just before start i + 1.
  std::vector<std::uint32_t> v4_starts_;
  std::vector<std::uint32_t> v4_values_;
  std::vector<std::uint32_t> v4_index_;  // by the upper 16 bits: the last piece that starts before
  std::vector<Wide> v6_starts_;
  std::vector<std::uint32_t> v6_values_;
};

}  // namespace conclave::network
