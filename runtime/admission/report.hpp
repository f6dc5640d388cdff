#pragma once

#include <string>

#include "policies/engine/decision.hpp"

// Decisions as others read them.
namespace conclave::admission {

// JSON array: {code, effect, subject, detail, value, limit, advice} for each reason.
[[nodiscard]] std::string reasons_json(const policy::Decision& decision, policy::Language language);
// JSON array: {any_of: [factor], approval} for each thing that is still asked for.
[[nodiscard]] std::string step_ups_json(const policy::Decision& decision);
// Members without braces: outcome, score, reasons.
[[nodiscard]] std::string decision_members(const policy::Decision& decision,
                                           policy::Language language);
// "network.listed(vpn), factor.needed(suspicion)": for the audit trail and the log.
[[nodiscard]] std::string reasons_line(const policy::Decision& decision);

}  // namespace conclave::admission
