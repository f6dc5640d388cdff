#pragma once

#include <span>
#include <string_view>

#include "policies/document/policy.hpp"

// The policies that come with Conclave: open, standard, strict, minor.
namespace conclave::policy {

struct Shipped {
  std::string_view name;
  std::string_view text;  // the TOML file, as it stands in this folder
};

[[nodiscard]] std::span<const Shipped> shipped();
// nullptr for an unknown name. The policy lives as long as the process. Any thread.
[[nodiscard]] const Policy* shipped_policy(std::string_view name);

}  // namespace conclave::policy
