#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "policies/signals/evidence.hpp"
#include "runtime/base/error.hpp"
#include "runtime/network/address.hpp"

namespace conclave::evidence {

// One file in MaxMind format, opened and checked whole; never changes. Reads both layouts: the
// nested one of MaxMind (country.iso_code, location.latitude, traits such as is_tor_exit_node) and
// the flat one of `@ip-location-db` (country_code, latitude). Country, city, AS, connection-type
// and anonymous-address databases are told apart by their fields, not by their names.
//
// The bytes are copied into memory of this process first, so that a file that is overwritten in
// place neither changes answers nor kills the process (a mapped file that shrinks raises SIGBUS).
class LocationDatabase {
 public:
  static constexpr std::uintmax_t kMostBytes = 1ULL << 30U;

  // kFileUnreadable, kDatabaseCorrupt (the detail says where). Reads the whole file and visits each
  // node of its tree: two to three seconds for a city file of 64 MB. Blocking.
  [[nodiscard]] static Result<std::shared_ptr<const LocationDatabase>> open(
      const std::filesystem::path& file);
  virtual ~LocationDatabase() = default;

  // Adds what the file says of the address; what is there already stays. Any thread; 1 to 3 us.
  virtual void fill(const network::Address& address, signals::NetworkFacts& facts) const = 0;

  // The town's name in English, for people; empty when the file has none. Any thread.
  [[nodiscard]] virtual std::string city(const network::Address& address) const = 0;

  [[nodiscard]] virtual const std::string& type() const = 0;  // "GeoLite2-City", "city ipv4"
  [[nodiscard]] virtual std::int64_t built_at_s() const = 0;  // UTC, seconds since 1970
  [[nodiscard]] virtual std::uint64_t nodes() const = 0;
};

// Of city databases that state no radius: half of the addresses are within about 50 km of the
// stated city (figures that vendors publish for large countries); a state's or country's middle is
// not a city and gets the country's radius instead.
inline constexpr double kDefaultCityRadiusKm = 50;

}  // namespace conclave::evidence
