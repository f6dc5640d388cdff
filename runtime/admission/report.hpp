#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "policies/engine/decision.hpp"
#include "policies/engine/facts.hpp"
#include "runtime/network/certificate_chain.hpp"

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
// What a presented certificate was worth, without a name in it: "proven 5e884898…" with the first
// 128 bits of the leaf's SHA-256, hex. Empty: none was presented, or the tenant asks for none.
[[nodiscard]] std::string certificate_line(const network::PresentedChain& presented,
                                           const policy::NetworkFacts& network);

}  // namespace conclave::admission
