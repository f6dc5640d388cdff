#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "policies/document/origins.hpp"
#include "policies/document/words.hpp"
#include "policies/signals/finding.hpp"
#include "runtime/schema/rules.hpp"

// A tenant's policy, typed. The defaults here are those of `standard`; bounds, units, descriptions
// and strictness orders are in fields_*.cpp, where everything else about a field comes from.
namespace conclave::policy {

using Number = std::int64_t;

// Per hundred, by signals::FindingKind.
using Weights = std::array<Number, signals::kFindingKinds>;
// Those of signals::Weights, which the evaluation of the signals was made with.
[[nodiscard]] Weights default_weights();

struct Devices {
  Number cap = 5;                   // devices signed in at once
  schema::IntegerMap cap_by_role;   // instead of `cap`; the least of the roles held
  schema::IntegerMap cap_by_user;   // instead of both, by account name
  schema::IntegerMap cap_by_class;  // beside the others: of this class
  Overflow overflow = Overflow::sign_out_oldest;
  Number tenure_minutes = 10;
  Number idle_days = 90;
};

struct Primary {
  bool required = false;
  bool attestation = false;
  Approval approval = Approval::number_match;
  Approval approval_risky = Approval::qr;
  Number attempts = 1;
  Number lifetime_s = 60;
  Number per_day = 3;
};

struct RecoveryRules {
  Words<Recovery> paths = {Recovery::recovery_code, Recovery::second_factor_wait,
                           Recovery::admin_pair};
  Number wait_hours = 24;
};

struct Factors {
  Words<Factor> kinds = {Factor::totp, Factor::webauthn, Factor::recovery_code, Factor::primary};
  Demand demand = Demand::never;
  Words<Role> roles_always = {Role::user_admin, Role::security_admin, Role::provider_admin};
  Number remember_hours = 720;
  Number fresh_minutes = 10;
  bool sms_on_gsm = false;
};

struct Passwords {
  Number length = 10;
  Number age_days = 36'500;
  Care breached = Care::refuse;
  Care reused = Care::warn;
};

struct Location {
  Consent consent = Consent::optional;
  Words<Signal> signals = {Signal::address,     Signal::device_fix,     Signal::time_zone,
                           Signal::locale,      Signal::second_network, Signal::round_trip,
                           Signal::packet_size, Signal::peers,          Signal::habit,
                           Signal::lists};
  Weights weights = default_weights();
  Number step_up_at = 60;
  Number restrict_at = 85;
  Number refuse_at = 97;
  Number travel_kmh = 950;
  Number fix_days = 7;
  Number profile_days = 180;
  Number habit_half_life_days = 60;
};

struct Networks {
  bool mandatory_vpn = false;
  Origins egress;
  bool certificate_proof = false;
  Treatment vpn = Treatment::allow;
  Treatment proxy = Treatment::step_up;
  Treatment tor = Treatment::refuse;
  Treatment hosting = Treatment::step_up;
  Treatment relay = Treatment::step_up;
  Number relay_confidence = 60;
  std::vector<std::string> countries_allowed = {"*"};
  std::vector<std::string> countries_denied;
  Treatment country_unknown = Treatment::allow;
  Origins exempt;
  Origins denied;
};

// From which counts on many sign-ins together are suspicious.
struct Automation {
  Number window_minutes = 60;
  Number accounts_tried = 10;
  Number accounts_enrolled = 20;
  Number accounts_per_device = 4;
};

struct Sessions {
  Number recheck_minutes = 720;
  Number recheck_risky_minutes = 60;
  Notice notice = Notice::new_device;
  std::vector<std::string> restricted_methods = {
      "device.list",   "device.remove",  "device.sign_out",  "factor.codes",     "factor.confirm",
      "factor.enrol",  "factor.list",    "location.consent", "session.end",      "session.ping",
      "session.token", "session.verify", "user.me",          "user.set_password"};
};

struct Policy {
  std::string base = "standard";  // the shipped default that gives the keys left out
  std::string note;
  Devices devices;
  Primary primary;
  RecoveryRules recovery;
  Factors factors;
  Passwords password;
  Location location;
  Networks network;
  Automation automation;
  Sessions session;
};

}  // namespace conclave::policy
