#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policies/cases/facts_text.hpp"
#include "policies/cases/table.hpp"
#include "policies/defaults/defaults.hpp"
#include "policies/document/change.hpp"
#include "policies/document/document.hpp"
#include "policies/engine/engine.hpp"

// The same bytes as policy, facts and table of cases: valid, or problems that can be told. What is
// valid is decided, and comes back from its own text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace conclave;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = policy::parse(text, policy::shipped_policy);
  if (!read && schema::to_text(read.error(), "p").empty()) std::abort();
  if (read) {
    const auto again = policy::parse(policy::write_json(*read), policy::shipped_policy);
    if (!again || !policy::changes(*read, *again).empty()) std::abort();
  }
  if (const auto root = schema::parse(text)) {
    const auto facts = policy::read_facts(*root);
    if (!facts && facts.error().empty()) std::abort();
    if (facts) static_cast<void>(policy::decide(*facts, *policy::shipped_policy("strict")));
  }
  if (const auto table = policy::read_table(text, policy::shipped_policy))
    for (const auto& one : *table) static_cast<void>(policy::decide(one.facts, one.policy));
  return 0;
}
