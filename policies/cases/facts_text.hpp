#pragma once

#include <expected>
#include <string>

#include "policies/engine/facts.hpp"
#include "runtime/schema/problems.hpp"
#include "runtime/schema/tree.hpp"

// Facts as documents (TOML or JSON), for `conclavectl policy explain` and tables of cases; what the
// server hands out for explaining has the same form.
namespace conclave::policy {

// Everything that is wrong at once; `prefix` stands before the keys. What does not stand in it has
// the default of the struct.
[[nodiscard]] std::expected<Facts, schema::Problems> read_facts(const schema::Node& root,
                                                                const std::string& prefix = {});
// Every key; read_facts(write_facts(f)) gives f again.
[[nodiscard]] schema::Node write_facts(const Facts& facts);

}  // namespace conclave::policy
