#include <cstdint>
#include <cstdlib>

#include "runtime/base/bytes.hpp"
#include "runtime/network/list_import.hpp"

namespace network = conclave::network;

// A list is taken whole or refused with a line number; the ends of each range that was taken are
// found again, unless a smaller one lies over them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = conclave::base::as_text({data, size});
  for (auto form : {network::ListForm::plain, network::ListForm::as_ranges}) {
    const auto list = network::import_list(text, form);
    if (!list) {
      if (!list.error().detail().starts_with("line ")) std::abort();
      continue;
    }
    const network::RangeTable table(list->ranges);
    for (const auto& range : list->ranges) {
      if (range.last < range.first) std::abort();
      if (table.find(range.first) == network::RangeTable::kNone) std::abort();
      if (table.find(range.last) == network::RangeTable::kNone) std::abort();
    }
  }
  return 0;
}
