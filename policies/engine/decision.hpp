#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policies/document/words.hpp"

namespace conclave::policy {

// From the laxest to the strictest; the strictest of all reasons is the outcome.
using Outcome = Treatment;

enum class Code : std::uint8_t {
  account_unusable,
  tenant_inactive,
  device_banned,
  device_idle,
  network_denied,
  vpn_missing,
  network_listed,
  network_relay,
  country_denied,
  country_not_allowed,
  country_unknown,
  location_finding,
  location_score,
  consent_missing,
  factor_needed,
  factor_passed,
  factor_unusable,
  sms_on_gsm,
  password_expired,
  password_breached,
  password_short,
  password_reused,
  primary_incapable,
  primary_elected,
  approval_needed,
  approval_given,
  approval_denied,
  approval_attempts,
  approval_per_day,
  recovery_done,
  recovery_waiting,
  recovery_objected,
  cap_reached,
  cap_tenure,
  cap_unattended,
};
inline constexpr std::size_t kCodes = 35;

struct Reason {
  Code code{};
  Outcome effect = Outcome::allow;  // what this reason alone leads to
  std::string subject;              // what it is about: "vpn", "DE", "impossible_travel"
  std::string detail;               // where that is known from
  std::int64_t value = 0;
  std::int64_t limit = 0;

  friend bool operator==(const Reason&, const Reason&) = default;
};

enum class Language : std::uint8_t { english, chinese };

// "devices.cap_reached": stable, for machines.
[[nodiscard]] std::string_view code_text(Code code);
// What happened and what the person can do about it.
[[nodiscard]] std::string advice(const Reason& reason, Language language);

enum class Duty : std::uint8_t {
  record,          // into the audit trail, with all reasons
  notify_devices,  // tell all devices of the user
  ask_primary,     // subject: the weakest way of approval
  elect_primary,   // make this device the primary
  sign_out,        // subject: the device, in the transaction that admits the newcomer
  recheck,         // at_ms
};
[[nodiscard]] WordList words(Duty);

struct Obligation {
  Duty duty{};
  std::string subject;
  std::int64_t at_ms = 0;  // UTC

  friend bool operator==(const Obligation&, const Obligation&) = default;
};

// One thing that is still asked of the person; any of the factors does. `approval` is how the
// primary may approve when it is among them.
struct StepUp {
  Words<Factor> any_of;
  Approval approval = Approval::number_match;

  friend bool operator==(const StepUp&, const StepUp&) = default;
};

struct Decision {
  Outcome outcome = Outcome::allow;
  std::vector<StepUp> step_ups;      // all of them are needed; with outcome step_up only
  std::vector<std::string> methods;  // what still works; with outcome restrict only
  std::vector<Reason> reasons;       // all, in the order in which they were found
  std::vector<Obligation> obligations;
  std::int64_t score = 0;  // of the location findings, 0 to 100

  // The first of the reasons that the outcome comes from; null when it is allowed.
  [[nodiscard]] const Reason* main_reason() const;
  // The first obligation of this kind; null when there is none.
  [[nodiscard]] const Obligation* obligation(Duty duty) const;

  friend bool operator==(const Decision&, const Decision&) = default;
};

}  // namespace conclave::policy
