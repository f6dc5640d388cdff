#include "policies/defaults/defaults.hpp"

#include <algorithm>
#include <vector>

#include "policies/document/document.hpp"
#include "runtime/base/assert.hpp"

namespace conclave::policy {
namespace {

constexpr Shipped kShipped[] = {
#include "policies/defaults/texts.inc"
};

// A shipped policy stands on the struct's own defaults, or on `standard`, which does.
const Policy* standard_only(std::string_view) {
  static const Policy standard;
  return &standard;
}

std::vector<Policy> read_all() {
  std::vector<Policy> out;
  for (const auto& [name, text] : kShipped) {
    auto policy = parse(text, standard_only);
    CONCLAVE_ASSERT(policy.has_value());  // a test reads each of them
    policy->base = name;
    out.push_back(*std::move(policy));
  }
  return out;
}

}  // namespace

std::span<const Shipped> shipped() {
  return kShipped;
}

const Policy* shipped_policy(std::string_view name) {
  static const std::vector<Policy> policies = read_all();
  const auto found = std::ranges::find(kShipped, name, &Shipped::name);
  return found == std::end(kShipped) ? nullptr
                                     : &policies[static_cast<std::size_t>(found - kShipped)];
}

}  // namespace conclave::policy
