#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "policies/engine/decision.hpp"

// Decisions as others read them.
namespace conclave::admission {

// {code, effect, subject, detail, value, limit, advice} for each reason.
[[nodiscard]] boost::json::array reasons_of(const policy::Decision& decision,
                                            policy::Language language);
// {any_of: [factor], approval} for each thing that is still asked for.
[[nodiscard]] boost::json::array step_ups_of(const policy::Decision& decision);
// The same as text.
[[nodiscard]] std::string reasons_json(const policy::Decision& decision, policy::Language language);
[[nodiscard]] std::string step_ups_json(const policy::Decision& decision);
// Members without braces: outcome, score, reasons.
[[nodiscard]] std::string decision_members(const policy::Decision& decision,
                                           policy::Language language);
// "network.listed(vpn), factor.needed(suspicion)": for the audit trail and the log.
[[nodiscard]] std::string reasons_line(const policy::Decision& decision);

}  // namespace conclave::admission
