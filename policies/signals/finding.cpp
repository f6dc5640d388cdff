#include "policies/signals/finding.hpp"

#include <cmath>

#include "runtime/base/assert.hpp"

namespace conclave::signals {
namespace {

using enum FindingKind;

constexpr std::array<FindingRow, kFindingKinds> kRows{{
    {impossible_travel, Family::movement, "location.impossible_travel", "impossible_travel"},
    {far_apart_devices, Family::movement, "location.far_apart_devices", "far_apart_devices"},
    {unfamiliar_device, Family::device, "location.unfamiliar_device", "unfamiliar_device"},
    {new_country, Family::novelty, "location.new_country", "new_country"},
    {rare_network, Family::novelty, "location.rare_network", "rare_network"},
    {fix_against_address, Family::disagreement, "location.fix_against_address",
     "fix_against_address"},
    {round_trip_too_short, Family::disagreement, "location.round_trip_too_short",
     "round_trip_too_short"},
    {time_zone_against_place, Family::disagreement, "location.time_zone_against_place",
     "time_zone_against_place"},
    {locale_against_place, Family::disagreement, "location.locale_against_place",
     "locale_against_place"},
    {second_network_against_first, Family::disagreement, "location.second_network_against_first",
     "second_network_against_first"},
    {peers_against_place, Family::disagreement, "location.peers_against_place",
     "peers_against_place"},
    {listed_vpn, Family::relay, "network.listed_vpn", "listed_vpn"},
    {listed_proxy, Family::relay, "network.listed_proxy", "listed_proxy"},
    {tor_exit, Family::relay, "network.tor_exit", "tor_exit"},
    {hosting_network, Family::relay, "network.hosting", "hosting_network"},
    {tunnel_mtu, Family::relay, "network.tunnel_mtu", "tunnel_mtu"},
    {round_trip_too_long, Family::relay, "network.round_trip_too_long", "round_trip_too_long"},
    {split_round_trip, Family::relay, "network.split_round_trip", "split_round_trip"},
    {credential_stuffing, Family::crowd, "crowd.credential_stuffing", "credential_stuffing"},
    {mass_registration, Family::crowd, "crowd.mass_registration", "mass_registration"},
    {automated_attempts, Family::automation, "crowd.automated_attempts", "automated_attempts"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order());

// The sentence of each kind; "{name}" stands for a parameter.
std::string_view sentence(FindingKind kind) {
  switch (kind) {
    case impossible_travel:
      return "The person was {distance_km} km away {hours} h earlier; the way takes at least "
             "{least_hours} h.";
    case far_apart_devices:
      return "Another device of the person is in use {distance_km} km away right now.";
    case unfamiliar_device:
      return "The device was not used with this account before.";
    case new_country:
      return "The person has not connected from {country} in recent months.";
    case rare_network:
      return "The person hardly ever connects through network AS{as_number}.";
    case fix_against_address:
      return "The device says it is {distance_km} km outside of where its address is.";
    case round_trip_too_short:
      return "Answers come back in {round_trip_ms} ms; from where the address or device claims to "
             "be they need {least_ms} ms.";
    case time_zone_against_place:
      return "The device's clock is {offset_minutes} minutes ahead of UTC, which is used nowhere "
             "near {country}.";
    case locale_against_place:
      return "The device is set to {locale} and connects from {country}.";
    case second_network_against_first:
      return "The device's second network is {distance_km} km away from the first.";
    case peers_against_place:
      return "{people} others on the same network are {distance_km} km away from the claimed "
             "place.";
    case listed_vpn:
      return "The address is a VPN exit (AS{as_number}).";
    case listed_proxy:
      return "The address is a known proxy (AS{as_number}).";
    case tor_exit:
      return "The address is a Tor exit.";
    case hosting_network:
      return "The address belongs to a data centre (AS{as_number}), where nobody sits.";
    case tunnel_mtu:
      return "Packets of at most {mtu} bytes fit, as through a tunnel.";
    case round_trip_too_long:
      return "Answers take {round_trip_ms} ms; from the address's place {typical_ms} ms are "
             "usual: something farther away may sit behind it.";
    case split_round_trip:
      return "The connection ends after {tcp_ms} ms, the program behind it answers after "
             "{application_ms} ms: a relay stands between them.";
    case credential_stuffing:
      return "From this network {accounts} accounts were tried in vain lately, and few came in.";
    case mass_registration:
      return "On this network or hardware {accounts} accounts brought a new device lately.";
    case automated_attempts:
      return "Attempts from this address follow each other every {gap_ms} ms, as a program makes "
             "them.";
  }
  return {};
}

std::string shown(const Parameter& parameter) {
  if (parameter.country.known()) return parameter.country.text();
  const double tenths = std::round(parameter.number * 10);
  if (std::abs(parameter.number) >= 10 || std::fmod(tenths, 10) == 0)
    return std::to_string(std::llround(parameter.number));
  const auto whole = static_cast<long long>(tenths / 10);
  const auto rest = static_cast<long long>(std::abs(std::fmod(tenths, 10)));
  return (tenths < 0 && whole == 0 ? "-" : "") + std::to_string(whole) + "." + std::to_string(rest);
}

}  // namespace

std::span<const FindingRow, kFindingKinds> finding_rows() {
  return kRows;
}

const FindingRow& row_of(FindingKind kind) {
  return kRows.at(static_cast<std::size_t>(kind));
}

void Finding::add(std::string_view name, double number) {
  CONCLAVE_ASSERT(parameter_count < kMostParameters);
  parameters[parameter_count++] = {name, number, {}};
}

void Finding::add(std::string_view name, CountryCode country) {
  CONCLAVE_ASSERT(parameter_count < kMostParameters);
  parameters[parameter_count++] = {name, 0, country};
}

double Finding::number(std::string_view name) const {
  for (std::size_t i = 0; i < parameter_count; ++i) {
    if (parameters[i].name == name) return parameters[i].number;
  }
  return 0;
}

CountryCode Finding::country(std::string_view name) const {
  for (std::size_t i = 0; i < parameter_count; ++i) {
    if (parameters[i].name == name) return parameters[i].country;
  }
  return {};
}

std::string Finding::words() const {
  std::string_view text = sentence(kind);
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    bool found = false;
    for (std::size_t i = 0; i < parameter_count && !found; ++i) {
      if (parameters[i].name != name) continue;
      out += shown(parameters[i]);
      found = true;
    }
    if (!found) out += "?";
    text.remove_prefix(close + 1);
  }
  // Of an address whose autonomous system is not known.
  constexpr std::string_view kNoSystem = " (AS0)";
  if (const auto at = out.find(kNoSystem); at != std::string::npos) out.erase(at, kNoSystem.size());
  return out;
}

}  // namespace conclave::signals
