#pragma once

#include <boost/json/object.hpp>

#include "policies/engine/decision.hpp"

namespace conclave::doors::http {

// A decision in full: outcome, score, every reason in words, what is still asked for, what a
// restricted session may call, what would be done.
[[nodiscard]] boost::json::object explanation(const policy::Decision& decision,
                                              policy::Language language);

}  // namespace conclave::doors::http
