#include <algorithm>
#include <cmath>

#include "policies/signals/signals.hpp"

namespace conclave::signals {
namespace {

constexpr double kHour = 60;  // minutes

// How much of a gap is more than the width of the discs explains.
double sharpness(double gap, const Place& from, const Place& to) {
  return gap / (gap + 0.5 * (from.radius_km + to.radius_km));
}

// Older ones say where the device was, not where it is.
const DeviceFix* fresh_fix(const Evidence& evidence) {
  constexpr std::int64_t kFreshSeconds = 6 * 3'600;
  const auto& fix = evidence.here.fix;
  return fix && fix->age_s <= kFreshSeconds && is_valid(fix->place.middle) ? &*fix : nullptr;
}

// Half an hour in a car is no disagreement; neither is the fix of the hotel's own city.
constexpr double kLeastGapKm = 150;
// A phone abroad keeps an address of its home carrier ("home-routed roaming"): the rule for
// cellular, so its address says little about where it is.
constexpr double kRoaming = 0.15;

// Files of cities take one town of a country for another often, hence full doubt only from there
// on.
double wide(double gap) {
  constexpr double kCountryWideKm = 1'200;
  return std::min(1.0, gap / kCountryWideKm);
}

void fix_against_address(const Look& look) {
  const DeviceFix* fix = fresh_fix(look.evidence);
  const auto place = place_here(look.evidence);
  if (fix == nullptr || !place) return;
  const double gap = gap_km(fix->place, *place);
  if (gap < kLeastGapKm) return;
  const double confidence = sharpness(gap, fix->place, *place) * unusual(look) * wide(gap) *
                            (look.evidence.here.on_radio() ? kRoaming : 1);
  if (Finding* finding = look.add(FindingKind::fix_against_address, confidence)) {
    finding->add("distance_km", gap);
    finding->add("country", look.evidence.here.network.country);
  }
}

struct Shortfall {
  double confidence = 0;
  double round_trip_ms = 0;
  double least_ms = 0;
};

Shortfall too_short(const Place& claim, const Point& server, double round_trip_ms,
                    double km_per_ms) {
  const double away = distance_km(claim.middle, server) - claim.radius_km;
  if (round_trip_ms <= 0 || away < kLeastGapKm) return {};
  const double excess = away / std::max(1.0, farthest_km(round_trip_ms, km_per_ms));
  if (excess <= 1) return {};
  return {std::min(1.0, 0.4 + (excess - 1)), round_trip_ms, least_round_trip_ms(away, km_per_ms)};
}

double light_km_per_ms(const Evidence& evidence) {
  const bool satellite = evidence.here.access == AccessType::satellite ||
                         evidence.here.network.traits.has(Trait::satellite);
  return satellite ? kVacuumKmPerMs : kFibreKmPerMs;
}

void round_trip_too_short(const Look& look) {
  const Evidence& evidence = look.evidence;
  if (!evidence.server) return;
  const double speed = light_km_per_ms(evidence);
  Shortfall worst;
  if (const auto place = believed_place(evidence.here.network)) {
    worst = too_short(*place, *evidence.server, evidence.path.tcp_round_trip_ms, speed);
  }
  if (const DeviceFix* fix = fresh_fix(evidence)) {
    const auto other =
        too_short(fix->place, *evidence.server, evidence.path.application_round_trip_ms, speed);
    if (other.confidence > worst.confidence) worst = other;
  }
  if (Finding* finding =
          look.add(FindingKind::round_trip_too_short, worst.confidence * unusual(look))) {
    finding->add("round_trip_ms", worst.round_trip_ms);
    finding->add("least_ms", worst.least_ms);
  }
}

// By how many hours the clock is off what is used in the country and, in wide countries, at the
// longitude (no civil time is farther than 3.5 hours from the sun's).
double hours_off(double offset_minutes, const NetworkFacts& network) {
  constexpr double kCivilHours = 3.75;
  double off = 0;
  if (const CountryRow* row = find_country(network.country)) {
    const double least = row->least_offset_quarters * 15;
    const double most = row->most_offset_quarters * 15;
    off = std::max({0.0, (least - offset_minutes) / kHour, (offset_minutes - most) / kHour});
  }
  if (network.place) {
    // Offsets go round: UTC+12 and UTC-12 are a day apart and the same on the clock.
    const double sun = network.place->middle.longitude / 15;
    double away = std::abs(offset_minutes / kHour - sun);
    if (away > 12) away = 24 - away;
    off = std::max(off, away - kCivilHours);
  }
  return off;
}

void time_zone_against_place(const Look& look) {
  const Evidence& evidence = look.evidence;
  const NetworkFacts& network = evidence.here.network;
  if (!evidence.utc_offset_minutes || network.traits.any(kPlacelessTraits)) return;
  const double off = hours_off(*evidence.utc_offset_minutes, network);
  if (off <= 0) return;
  double confidence = std::min(1.0, 0.5 + off / 6);
  // Travellers leave laptops on the time of home, and phones abroad have addresses of home.
  constexpr double kTimeOfHome = 0.7;
  if (evidence.known_device) {
    confidence *=
        1 - kTimeOfHome * look.habit.utc_offset(*evidence.utc_offset_minutes, evidence.here.at_s);
  }
  if (evidence.here.on_radio()) confidence *= kRoaming;
  if (Finding* finding = look.add(FindingKind::time_zone_against_place, confidence)) {
    finding->add("offset_minutes", *evidence.utc_offset_minutes);
    finding->add("country", network.country);
  }
}

void locale_against_place(const Look& look) {
  const Evidence& evidence = look.evidence;
  const CountryCode country = evidence.here.network.country;
  if (!evidence.locale_region.known() || !country.known()) return;
  if (evidence.locale_region == country) return;
  // People abroad keep their language, and half of the world writes "en-US" or "en-GB".
  static const CountryCode kAmerican = CountryCode::of("US");
  static const CountryCode kBritish = CountryCode::of("GB");
  const bool worldwide = evidence.locale_region == kAmerican || evidence.locale_region == kBritish;
  const double confidence = (worldwide ? 0.3 : 1) * (evidence.known_device ? 0.2 : 1) *
                            (1 - look.habit.country(country, evidence.here.at_s));
  if (Finding* finding = look.add(FindingKind::locale_against_place, confidence)) {
    finding->add("locale", evidence.locale_region);
    finding->add("country", country);
  }
}

// Also of a relay: what it hides is what the other network shows.
std::optional<Place> shown_place(const NetworkFacts& network) {
  NetworkFacts plain = network;
  plain.traits =
      Traits::from_bits(static_cast<std::uint16_t>(network.traits.bits() & ~kRelayTraits.bits()));
  return believed_place(plain);
}

void second_network_against_first(const Look& look) {
  constexpr double kLeastKm = 300;
  const Evidence& evidence = look.evidence;
  if (!evidence.second) return;
  const auto first = shown_place(evidence.here.network);
  const auto second = shown_place(*evidence.second);
  if (!first || !second) return;
  const double gap = gap_km(*first, *second);
  if (gap < kLeastKm) return;
  // Roaming again: one of the two is the carrier at home, known as such or by long use.
  constexpr double kHomeCarrier = 0.2;
  double confidence = sharpness(gap, *first, *second) * wide(gap) * unusual(look);
  for (const NetworkFacts* network : {&evidence.here.network, &*evidence.second}) {
    const bool carrier = network->traits.any({Trait::mobile, Trait::carrier_nat});
    const double usual =
        std::max(look.habit.network(network->as_number, evidence.here.at_s),
                 carrier ? look.habit.country(network->country, evidence.here.at_s) : 0);
    confidence *= 1 - (1 - kHomeCarrier) * usual;
  }
  if (Finding* finding = look.add(FindingKind::second_network_against_first, confidence)) {
    finding->add("distance_km", gap);
    finding->add("country", evidence.here.network.country);
    finding->add("second_country", evidence.second->country);
  }
}

void peers_against_place(const Look& look) {
  const Evidence& evidence = look.evidence;
  const DeviceFix* fix = fresh_fix(evidence);
  if (fix == nullptr || !evidence.peers || evidence.peers->people < kLeastPeers) return;
  // A company's egress has people everywhere; the radius of the peers grows accordingly.
  const double gap = gap_km(fix->place, evidence.peers->place);
  if (gap < kLeastGapKm) return;
  const double people = evidence.peers->people;
  const double confidence = sharpness(gap, fix->place, evidence.peers->place) * people /
                            (people + kLeastPeers) * (evidence.here.on_radio() ? kRoaming : 1);
  if (Finding* finding = look.add(FindingKind::peers_against_place, confidence)) {
    finding->add("people", people);
    finding->add("distance_km", gap);
  }
}

// Whether light in fibre could not have come from there and back in the time that it took. Then the
// database is wrong about the address, and nothing may be concluded from its place.
bool refuted(const Place& place, const Evidence& evidence) {
  const double round_trip = evidence.path.tcp_round_trip_ms;
  if (!evidence.server || round_trip <= 0) return false;
  const double away = distance_km(place.middle, *evidence.server) - place.radius_km;
  return away > farthest_km(round_trip, light_km_per_ms(evidence)) + kLeastGapKm;
}

}  // namespace

std::optional<Place> place_here(const Evidence& evidence) {
  const NetworkFacts& network = evidence.here.network;
  if (evidence.peers && evidence.peers->people >= kLeastPeers && !network.is_relay()) {
    return evidence.peers->place;
  }
  const auto place = believed_place(network);
  if (place && refuted(*place, evidence)) return std::nullopt;
  return place;
}

void look_at_disagreement(const Look& look) {
  fix_against_address(look);
  round_trip_too_short(look);
  time_zone_against_place(look);
  locale_against_place(look);
  second_network_against_first(look);
  peers_against_place(look);
}

}  // namespace conclave::signals
