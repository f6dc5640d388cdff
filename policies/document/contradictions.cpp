#include <algorithm>

#include "policies/document/document.hpp"
#include "policies/document/field.hpp"

namespace conclave::policy {
namespace {

class Checker {
 public:
  Checker(const schema::Lines& lines, const std::string& prefix, schema::Problems& problems)
      : lines_(lines), prefix_(prefix), problems_(problems) {}

  // `others`: where the line is taken from when `key` itself does not stand in the document.
  void hold(bool holds, const std::string& key, const std::string& other, std::string text) {
    if (holds) return;
    const auto line = line_of(key) != 0 ? line_of(key) : line_of(other);
    problems_.push_back({line, prefix_ + key, std::move(text)});
  }

 private:
  std::uint32_t line_of(const std::string& key) const {
    const auto found = lines_.find(prefix_ + key);
    return found == lines_.end() ? 0 : found->second;
  }

  const schema::Lines& lines_;
  const std::string& prefix_;
  schema::Problems& problems_;
};

std::string first_shared(const std::vector<std::string>& left,
                         const std::vector<std::string>& right) {
  const auto shared = std::ranges::find_first_of(left, right);
  return shared == left.end() ? "" : *shared;
}

void check_devices(const Policy& policy, Checker& check) {
  const auto& devices = policy.devices;
  Number widest = devices.cap;
  for (const auto* map : {&devices.cap_by_role, &devices.cap_by_user})
    for (const auto& [name, cap] : *map) widest = std::max(widest, cap);
  for (const auto& [name, cap] : devices.cap_by_class)
    check.hold(cap <= widest, "devices.cap_by_class", "devices.cap",
               "the cap of class " + name + " (" + std::to_string(cap) +
                   ") can never be reached: no user may have more than " + std::to_string(widest) +
                   " devices; raise devices.cap or lower it");
  check.hold(policy.primary.approval <= policy.primary.approval_risky, "primary.approval_risky",
             "primary.approval",
             "a suspicious place would be let in more easily than a usual one; use \"qr\" here or "
             "\"number_match\" in primary.approval");
  check.hold(
      !policy.recovery.paths.has(Recovery::second_factor_wait) || !policy.factors.kinds.empty(),
      "recovery.paths", "factors.kinds",
      "\"second_factor_wait\" needs a second factor, but factors.kinds is empty; name one "
      "there or leave the path out");
}

void check_factors(const Policy& policy, Checker& check) {
  const auto& factors = policy.factors;
  const bool asked = factors.demand != Demand::never || !factors.roles_always.empty();
  check.hold(!asked || !factors.kinds.empty(), "factors.kinds", "factors.demand",
             "a second factor is demanded, but none is accepted; name one, or set factors.demand "
             "to \"never\" and factors.roles_always to []");
  check.hold(factors.kinds != Words<Factor>{Factor::sms} || factors.sms_on_gsm, "factors.kinds",
             "factors.sms_on_gsm",
             "SMS is the only factor and is refused on GSM, where phones are; add \"totp\" or "
             "\"webauthn\"");
  const auto& session = policy.session;
  check.hold(session.recheck_risky_minutes <= session.recheck_minutes,
             "session.recheck_risky_minutes", "session.recheck_minutes",
             "a suspicious session would be looked at less often than a usual one; at most " +
                 std::to_string(session.recheck_minutes));
}

bool restricts_anybody(const Policy& policy) {
  const auto& network = policy.network;
  const auto all = {network.vpn,     network.proxy, network.tor,
                    network.hosting, network.relay, network.country_unknown};
  return policy.location.restrict_at <= 100 || policy.location.consent == Consent::required ||
         std::ranges::find(all, Treatment::restrict) != all.end();
}

void check_location(const Policy& policy, Checker& check) {
  const auto& location = policy.location;
  check.hold(location.step_up_at <= location.restrict_at, "location.step_up_at",
             "location.restrict_at",
             "must not exceed location.restrict_at (" + std::to_string(location.restrict_at) +
                 "): the step-up would never be asked for");
  check.hold(location.restrict_at <= location.refuse_at, "location.restrict_at",
             "location.refuse_at",
             "must not exceed location.refuse_at (" + std::to_string(location.refuse_at) +
                 "): the restriction would never apply");
  check.hold(location.consent == Consent::optional || location.signals.has(Signal::device_fix),
             "location.consent", "location.signals",
             "consent to the device's place is required, but \"device_fix\" is not among "
             "location.signals; add it or make the consent optional");
  check.hold(location.habit_half_life_days <= location.profile_days,
             "location.habit_half_life_days", "location.profile_days",
             "profiles are erased after " + std::to_string(location.profile_days) +
                 " days, before a habit has faded by half");
  check.hold(!policy.session.restricted_methods.empty() || !restricts_anybody(policy),
             "session.restricted_methods", "location.restrict_at",
             "a restricted session could do nothing at all; name methods, or refuse instead of "
             "restricting");
}

void check_network(const Policy& policy, Checker& check) {
  const auto& network = policy.network;
  check.hold(!network.mandatory_vpn || !network.egress.empty() || network.certificate_proof,
             "network.mandatory_vpn", "network.egress",
             "nobody could get in: name the VPN's networks in network.egress or set "
             "network.certificate_proof");
  check.hold(!network.countries_allowed.empty(), "network.countries_allowed", "",
             "nobody could get in: name a country, or \"*\" for all");
  const auto country = first_shared(network.countries_allowed, network.countries_denied);
  check.hold(country.empty(), "network.countries_denied", "network.countries_allowed",
             country + " is allowed and denied; take it out of one list");
  const auto denied = network.denied.texts();
  const auto vouched = first_shared(network.exempt.texts(), denied);
  check.hold(vouched.empty(), "network.denied", "network.exempt",
             vouched + " is vouched for and denied; take it out of one list");
  const auto egress = first_shared(network.egress.texts(), denied);
  check.hold(egress.empty(), "network.denied", "network.egress",
             egress + " is the own VPN and denied; take it out of one list");
}

}  // namespace

void check_together(const Policy& policy, const schema::Lines& lines, const std::string& prefix,
                    schema::Problems& problems) {
  Checker check(lines, prefix, problems);
  check_devices(policy, check);
  check_factors(policy, check);
  check_location(policy, check);
  check_network(policy, check);
}

}  // namespace conclave::policy
