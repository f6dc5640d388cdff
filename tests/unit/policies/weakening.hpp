#pragma once

#include <optional>
#include <utility>

#include "policies/document/field.hpp"

namespace conclave::policy {

// Two policies that contradict nothing, differ in this field alone, and of which the second is the
// laxer one; the same at each call. None for a field without an order.
[[nodiscard]] std::optional<std::pair<Policy, Policy>> weakening_of(const Field& field);

}  // namespace conclave::policy
