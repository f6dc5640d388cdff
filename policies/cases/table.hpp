#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/document/document.hpp"
#include "policies/engine/decision.hpp"
#include "policies/engine/facts.hpp"

// Tables of cases: an admin's own, and the engine's in tests/unit/policies/tables.
//
//   [policy]                      # over `base`, as in a policy file
//   devices.cap = 2
//   [facts]                       # what all cases share
//   device = { id = "phone", class = "mobile" }
//   [[case]]
//   name = "the third device is refused"
//   policy.devices.overflow = "refuse"      # over the shared ones
//   facts.session = [{ device = "a", attached = true }, { device = "b", attached = true }]
//   expect = { outcome = "refuse", reasons = ["devices.cap_reached"] }
namespace conclave::policy {

// What a case says about its decision; an empty optional is not looked at.
struct Expected {
  Outcome outcome = Outcome::allow;
  std::optional<std::vector<std::string>> reasons;      // all, in any order: see reason_text
  std::optional<std::vector<std::string>> includes;     // at least these reasons
  std::optional<std::vector<std::string>> step_ups;     // "totp webauthn", "primary by qr"
  std::optional<std::vector<std::string>> methods;      // of a restricted session
  std::optional<std::vector<std::string>> obligations;  // "sign_out laptop", "record"
  std::optional<std::vector<std::string>> figures;      // "devices.cap_reached 2/2", of all reasons
  std::optional<std::int64_t> score;
};

struct Case {
  std::string name;
  std::uint32_t line = 0;
  Facts facts;
  Policy policy;
  Expected expected;
};

[[nodiscard]] std::expected<std::vector<Case>, schema::Problems> read_table(std::string_view text,
                                                                            BaseOf base_of);
// The same with a policy given from outside, which the table's own keys are laid over.
[[nodiscard]] std::expected<std::vector<Case>, schema::Problems> read_table(std::string_view text,
                                                                            const Policy& lower);

// How the decision differs from what was expected, a sentence each; empty when it does not.
[[nodiscard]] std::vector<std::string> differences(const Expected& expected,
                                                   const Decision& decision);

// "network.listed vpn": the code, and the subject when there is one.
[[nodiscard]] std::string reason_text(const Reason& reason);
// "devices.cap_reached 2/2": value and limit; empty when there are none.
[[nodiscard]] std::string figure_text(const Reason& reason);
[[nodiscard]] std::string obligation_text(const Obligation& obligation);
[[nodiscard]] std::string step_up_text(const StepUp& step_up);

// The decision as a document, advice in both languages included.
[[nodiscard]] schema::Node write_decision(const Decision& decision);

}  // namespace conclave::policy
