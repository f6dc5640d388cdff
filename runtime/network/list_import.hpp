#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/base/error.hpp"
#include "runtime/network/range_table.hpp"

namespace conclave::network {

// The forms in which lists of networks are published.
enum class ListForm : std::uint8_t {
  // One on each line: "192.0.2.1", "192.0.2.0/24", "192.0.2.1-192.0.2.9", "2001:db8::/32",
  // "AS64500".
  // "#" and ";" begin a comment; what follows a comma or white space is a remark. A first line that
  // names columns ("ip", "network", "asn", ...) is left out. X4BNet, FireHOL, Spamhaus, Tor.
  plain,
  // "first,last,AS number,name" on each line, the name in quotes when it has commas: the CSV of
  // `@ip-location-db/asn`.
  as_ranges,
};

struct ImportedList {
  std::vector<RangeTable::Range> ranges;  // value: the AS number in `as_ranges`, otherwise 0
  std::vector<std::uint32_t> as_numbers;  // of lines "AS64500"; sorted, each once
};

inline constexpr std::size_t kMostListBytes = 256U << 20U;
inline constexpr std::size_t kMostListLines = 5'000'000;

// All or nothing: kListRefused names the first lines that are wrong, with their numbers.
[[nodiscard]] Result<ImportedList> import_list(std::string_view text, ListForm form);

}  // namespace conclave::network
