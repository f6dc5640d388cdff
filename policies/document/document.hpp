#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "policies/document/policy.hpp"
#include "runtime/schema/problems.hpp"
#include "runtime/schema/tree.hpp"

// Policies as documents, TOML or JSON.
namespace conclave::policy {

// The shipped policy of that name, or null; policies/defaults gives it.
using BaseOf = const Policy* (*)(std::string_view name);

// Everything that is wrong at once, in the order of lines: unknown keys, wrong types, bounds, rules
// that contradict each other. Keys that do not stand in it come from its `base`.
[[nodiscard]] std::expected<Policy, schema::Problems> parse(std::string_view text, BaseOf base_of);
// The same of a tree that was read already; `prefix` stands before the keys in problems.
[[nodiscard]] std::expected<Policy, schema::Problems> read(const schema::Node& root, BaseOf base_of,
                                                           const std::string& prefix = {});
// `root` laid over `policy`: only keys, bounds and types are checked.
void lay_over(Policy& policy, const schema::Node& root, const std::string& prefix,
              schema::Lines& lines, schema::Problems& problems);

// Rules that contradict each other, with the line of the key that is easiest to change and advice.
void check_together(const Policy& policy, const schema::Lines& lines, const std::string& prefix,
                    schema::Problems& problems);

// Every key. parse(write_toml(p)) and parse(write_json(p)) give p again.
enum class Comments { none, descriptions };
[[nodiscard]] std::string write_toml(const Policy& policy, Comments comments);
[[nodiscard]] std::string write_json(const Policy& policy);

// docs/policy.md: every field with unit, bounds, default, order and who has to agree.
[[nodiscard]] std::string reference_page();

}  // namespace conclave::policy
