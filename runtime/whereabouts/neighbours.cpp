#include "runtime/whereabouts/neighbours.hpp"

#include <algorithm>
#include <vector>

namespace conclave::whereabouts {
namespace {

constexpr unsigned kV4Length = 96 + 24;
constexpr unsigned kV6Length = 48;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

Neighbours::Key Neighbours::key_of(TenantId tenant, const network::Address& address) {
  return {tenant, network::masked(address, address.is_v4() ? kV4Length : kV6Length)};
}

void Neighbours::saw(TenantId tenant, UserId user, const network::Address& address,
                     const signals::Point& point, std::int64_t at_s) {
  const Key key = key_of(tenant, address);
  if (!networks_.contains(key) && networks_.size() >= kMostNetworks) {
    networks_.erase(std::ranges::min_element(
        networks_, {}, [](const auto& entry) { return entry.second.used_s; }));
  }
  Place& place = networks_[key];
  place.used_s = at_s;
  place.people[user] = {point, at_s};
  if (place.people.size() <= kMostPeople) return;
  place.people.erase(std::ranges::min_element(
      place.people, {}, [](const auto& entry) { return entry.second.at_s; }));
}

std::optional<signals::PeerFacts> Neighbours::around(TenantId tenant, UserId user,
                                                     const network::Address& address,
                                                     std::int64_t at_s) const {
  const auto found = networks_.find(key_of(tenant, address));
  if (found == networks_.end()) return std::nullopt;
  std::vector<signals::Point> points;
  for (const auto& [who, fix] : found->second.people) {
    if (who != user && at_s - fix.at_s <= kFresh_s) points.push_back(fix.point);
  }
  if (points.empty()) return std::nullopt;
  // Longitudes are taken from the first one on, so that people on both sides of the date line have
  // their middle between them.
  std::vector<double> latitudes;
  std::vector<double> longitudes;
  for (const signals::Point& point : points) {
    double east = point.longitude - points.front().longitude;
    if (east > 180) east -= 360;
    if (east < -180) east += 360;
    latitudes.push_back(point.latitude);
    longitudes.push_back(east);
  }
  signals::Point middle{median(latitudes), points.front().longitude + median(longitudes)};
  if (middle.longitude > 180) middle.longitude -= 360;
  if (middle.longitude < -180) middle.longitude += 360;
  std::vector<double> distances;
  for (const signals::Point& point : points) {
    distances.push_back(signals::distance_km(point, middle));
  }
  return signals::PeerFacts{static_cast<std::uint32_t>(points.size()), {middle, median(distances)}};
}

void Neighbours::forget(TenantId tenant, UserId user) {
  for (auto& [key, place] : networks_) {
    if (key.tenant == tenant) place.people.erase(user);
  }
}

}  // namespace conclave::whereabouts
