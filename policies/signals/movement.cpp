#include <algorithm>
#include <cmath>

#include "policies/signals/signals.hpp"

namespace conclave::signals {
namespace {

// Databases of addresses are often this far off without knowing it.
constexpr double kLeastTravelKm = 150;
// By road and rail, door to door; the fastest trains average about 300 km/h between stations.
constexpr double kGroundKmPerH = 300;
// Airliners fly at about 900 km/h; with a jet stream at the back 1,100 over ground (record: 1,300).
// A phone may be seen last at the gate and next on the taxiway, hence only half an hour on top.
constexpr double kAirKmPerH = 1'050;
constexpr double kAirportHours = 0.5;
// Two looks in the same moment from far apart count as this far apart in time.
constexpr double kLeastHours = 1.0 / 60;
// Farther apart than a commute and the usual error of a city database.
constexpr double kFarApartKm = 300;
// A device that nobody touches may stay where its owner left it.
constexpr double kUnattended = 0.2;
// Another device may be in another person's hands (family, a shared desk).
constexpr double kOtherDevice = 0.75;
// Within this time two attended devices are in use "at the same time".
constexpr std::int64_t kTogetherSeconds = 600;

double least_hours(double km) {
  return std::min(km / kGroundKmPerH, kAirportHours + km / kAirKmPerH);
}

// Wide discs make a gap between them less certain than its length says.
double sharpness(double gap, const Place& from, const Place& to) {
  return gap / (gap + 0.5 * (from.radius_km + to.radius_km));
}

struct Travel {
  double confidence = 0;
  double gap = 0;
  double hours = 0;
};

// The worst way from an earlier sighting to here.
Travel travel_from(const Sighting& before, const Sighting& here, const Place& there) {
  const auto place = believed_place(before.network);
  if (!place || before.at_s > here.at_s) return {};
  const double gap = gap_km(*place, there);
  if (gap < kLeastTravelKm) return {};
  const double hours = std::max(kLeastHours, static_cast<double>(here.at_s - before.at_s) / 3'600);
  const double excess = least_hours(gap) / hours;
  if (excess <= 1) return {};
  const bool same = before.device == here.device;
  const double who = same ? 1 : before.attended ? kOtherDevice : kUnattended;
  // From "barely impossible" (0.4) to "twice too fast" (1).
  const double how_impossible = std::min(1.0, 0.4 + 0.6 * (excess - 1));
  return {how_impossible * sharpness(gap, *place, there) * who, gap, hours};
}

// Device fixes that explain the jump: the same, known device told us each time where it was, its
// fixes make a possible way, and they are not farther from the addresses than the jump is. A copied
// device key can lie so, hence it weakens and does not silence.
double fixes_explain(const Sighting& before, const Sighting& here, bool known_device) {
  constexpr double kExplained = 0.4;
  if (!known_device || before.device != here.device || !before.fix || !here.fix) return 1;
  const double gap = gap_km(before.fix->place, here.fix->place);
  const double hours = std::max(kLeastHours, static_cast<double>(here.at_s - before.at_s) / 3'600);
  return least_hours(gap) <= hours ? kExplained : 1;
}

void impossible_travel(const Look& look, const Place& there) {
  const Sighting& here = look.evidence.here;
  Travel worst;
  for (const Sighting& before : look.history.recent) {
    Travel travel = travel_from(before, here, there);
    travel.confidence *= fixes_explain(before, here, look.evidence.known_device);
    if (travel.confidence > worst.confidence) worst = travel;
  }
  if (Finding* finding = look.add(FindingKind::impossible_travel, worst.confidence)) {
    finding->add("distance_km", worst.gap);
    finding->add("hours", worst.hours);
    finding->add("least_hours", least_hours(worst.gap));
  }
}

void far_apart_devices(const Look& look, const Place& there) {
  const Sighting& here = look.evidence.here;
  double confidence = 0;
  double distance = 0;
  for (const Sighting& other : look.history.online) {
    const auto place = believed_place(other.network);
    if (!place || other.device == here.device) continue;
    const double gap = gap_km(*place, there);
    if (gap < kFarApartKm) continue;
    const bool together = other.attended && std::abs(here.at_s - other.at_s) <= kTogetherSeconds;
    const double sure = sharpness(gap, *place, there) * (together ? 1 : kUnattended);
    if (sure <= confidence) continue;
    confidence = sure;
    distance = gap;
  }
  if (Finding* finding = look.add(FindingKind::far_apart_devices, confidence)) {
    finding->add("distance_km", distance);
  }
}

}  // namespace

std::optional<Place> believed_place(const NetworkFacts& network) {
  // What databases of cities leave unsaid; half of the addresses are within it.
  constexpr double kLeastRadiusKm = 25;
  // A carrier hands out addresses of one gateway over a region, or over the whole country.
  constexpr double kCarrierRadiusKm = 500;
  if (network.is_relay() || network.traits.any(kPlacelessTraits)) return std::nullopt;
  const CountryRow* row = find_country(network.country);
  const double country_radius = row != nullptr ? row->radius_km : kCarrierRadiusKm;
  if (network.place) {
    Place place = *network.place;
    place.radius_km = std::max(place.radius_km, kLeastRadiusKm);
    if (network.traits.any({Trait::mobile, Trait::carrier_nat})) {
      place.radius_km = std::max(place.radius_km, std::min(kCarrierRadiusKm, country_radius));
    }
    return place;
  }
  if (row == nullptr) return std::nullopt;
  return Place{{row->latitude, row->longitude}, country_radius};
}

Finding* Look::add(FindingKind kind, double confidence) const {
  constexpr double kLeastConfidence = 0.01;
  const double weight = weights.of(kind);
  if (weight <= 0 || !(confidence >= kLeastConfidence)) return nullptr;
  Finding finding;
  finding.kind = kind;
  finding.weight = weight;
  finding.confidence = std::min(confidence, 1.0);
  found.push_back(finding);
  return &found.back();
}

void look_at_movement(const Look& look) {
  const auto there = place_here(look.evidence);
  if (!there) return;
  impossible_travel(look, *there);
  far_apart_devices(look, *there);
}

}  // namespace conclave::signals
