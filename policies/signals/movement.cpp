#include <algorithm>
#include <cmath>

#include "policies/signals/signals.hpp"

namespace conclave::signals {
namespace {

// Databases of addresses are often this far off without knowing it.
constexpr double kLeastTravelKm = 150;
// By road and rail, door to door; the fastest trains average about 300 km/h between stations.
constexpr double kGroundKmPerH = 300;
// A phone may be seen last at the gate and next on the taxiway, hence only half an hour on top.
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

double least_hours(double km, double travel_kmh) {
  return std::min(km / kGroundKmPerH, kAirportHours + km / travel_kmh);
}

// Wide discs make a gap between them less certain than its length says.
double sharpness(double gap, const Place& from, const Place& to) {
  return gap / (gap + 0.5 * (from.radius_km + to.radius_km));
}

struct Travel {
  double confidence = 0;
  double gap = 0;
  double hours = 0;
  double least = 0;
};

double hours_between(const Sighting& before, const Sighting& here) {
  return std::max(kLeastHours, static_cast<double>(here.at_s - before.at_s) / 3'600);
}

// How likely such a jump is the person's and not the database's or the carrier's. Files of cities
// are right about the country nearly always and about the town two times in three. A phone abroad
// leaves through its carrier at home, so that a traveller's devices seem to jump between both.
double believable(const Look& look, const Sighting& before) {
  constexpr double kSameCountry = 0.5;
  constexpr double kRoaming = 0.1;
  const Sighting& here = look.evidence.here;
  double sure = unusual(look);
  if (before.network.country == here.network.country) return sure * kSameCountry;
  const bool roams =
      before.on_radio() && look.habit.network(before.network.as_number, here.at_s) > 0.5;
  if (look.evidence.known_device && roams) sure *= kRoaming;
  return sure;
}

// The way from an earlier sighting to here, when it is too far for the time.
Travel travel_from(const Look& look, const Sighting& before, const Place& there) {
  const Sighting& here = look.evidence.here;
  const auto place = believed_place(before.network);
  if (!place || before.at_s > here.at_s) return {};
  const double gap = gap_km(*place, there);
  if (gap < kLeastTravelKm) return {};
  const double hours = hours_between(before, here);
  const double least = least_hours(gap, look.settings.travel_kmh);
  const double excess = least / hours;
  if (excess <= 1) return {};
  const bool same = before.device == here.device;
  const double who = same ? 1 : before.attended ? kOtherDevice : kUnattended;
  // From "barely impossible" (0.5) to "half again too fast" (1).
  const double how_impossible = std::min(1.0, 0.5 + (excess - 1));
  const double sure = how_impossible * sharpness(gap, *place, there) * who;
  return {sure * believable(look, before), gap, hours, least};
}

// Device fixes that explain the jump: the same, known device told us each time where it was, and
// its fixes make a possible way. A copied device key can lie so, hence it weakens and does not
// silence.
double fixes_explain(const Look& look, const Sighting& before) {
  constexpr double kExplained = 0.4;
  const Sighting& here = look.evidence.here;
  const bool told = before.fix && here.fix && before.device == here.device;
  if (!look.evidence.known_device || !told) return 1;
  const double gap = gap_km(before.fix->place, here.fix->place);
  const double least = least_hours(gap, look.settings.travel_kmh);
  return least <= hours_between(before, here) ? kExplained : 1;
}

void impossible_travel(const Look& look, const Place& there) {
  Travel worst;
  for (const Sighting& before : look.history.recent) {
    Travel travel = travel_from(look, before, there);
    travel.confidence *= fixes_explain(look, before);
    if (travel.confidence > worst.confidence) worst = travel;
  }
  if (Finding* finding = look.add(FindingKind::impossible_travel, worst.confidence)) {
    finding->add("distance_km", worst.gap);
    finding->add("hours", worst.hours);
    finding->add("least_hours", worst.least);
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
    const double sure =
        sharpness(gap, *place, there) * (together ? 1 : kUnattended) * believable(look, other);
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
  const double weight = settings.weights.of(kind);
  if (weight <= 0 || !(confidence >= kLeastConfidence)) return nullptr;
  Finding finding;
  finding.kind = kind;
  finding.weight = weight;
  finding.confidence = std::min(confidence, 1.0);
  found.push_back(finding);
  return &found.back();
}

double unusual(const Look& look) {
  constexpr double kUsual = 0.8;
  const Sighting& here = look.evidence.here;
  double usual = look.habit.network(here.network.as_number, here.at_s);
  if (here.network.place) {
    usual = std::max(usual, look.habit.near(here.network.place->middle, here.at_s));
  }
  return 1 - kUsual * usual;
}

void look_at_movement(const Look& look) {
  const auto there = place_here(look.evidence);
  if (!there) return;
  impossible_travel(look, *there);
  far_apart_devices(look, *there);
}

}  // namespace conclave::signals
