#include "runtime/config/key_builder.hpp"

namespace conclave::config {
namespace {

constexpr std::size_t kMostFiles = 32;

constexpr auto location = &Config::location;

template <auto List>
void add_files(std::vector<Key<Config>>& list, std::string_view name,
               std::string_view description) {
  list.push_back(key<location, List>(
      name, "", TextListRule{kMostFiles, 0, {}, nullptr, "paths of files"}, description));
}

}  // namespace

void add_location_keys(std::vector<Key<Config>>& list) {
  add_files<&Location::databases>(
      list, "location.databases",
      "Databases in MaxMind format: countries, cities, AS numbers, kinds of connection. "
      "packaging/location/fetch gets free ones.");
  add_files<&Location::as_ranges>(
      list, "location.as_ranges",
      "CSV files of autonomous systems: \"first,last,AS number,name\" on each line.");
  add_files<&Location::vpn>(
      list, "location.vpn",
      "Lists of VPN exits; one address, network, range or AS number on each line.");
  add_files<&Location::proxy>(list, "location.proxy", "Lists of open and residential proxies.");
  add_files<&Location::tor>(list, "location.tor", "Lists of Tor exits.");
  add_files<&Location::hosting>(list, "location.hosting",
                                "Lists of data centres and hosting companies.");
  add_files<&Location::mobile>(list, "location.mobile", "Lists of carriers' radio networks.");
  add_files<&Location::carrier_nat>(
      list, "location.carrier_nat",
      "Lists of addresses that a carrier gives to many customers at once.");
  add_files<&Location::shared_egress>(
      list, "location.shared_egress",
      "Lists of addresses through which people far apart leave: companies, hotel chains.");
  add_files<&Location::satellite>(list, "location.satellite",
                                  "Lists of satellite and in-flight networks.");
  list.push_back(key<location, &Location::server_place>(
      "location.server_place", "", TextRule{0, 40, {}},
      "Where this server stands, latitude and longitude in degrees (\"50.11, 8.68\"); round "
      "trips are held against it. Empty: they are not."));
  list.push_back(key<location, &Location::reload_s>(
      "location.reload_s", "s", IntegerRule{1, 86'400},
      "How often the files are looked at for new versions; replace them by a rename."));
}

}  // namespace conclave::config
