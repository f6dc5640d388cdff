#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "policies/signals/country.hpp"

namespace conclave::signals {

enum class FindingKind : std::uint8_t {
  impossible_travel,
  far_apart_devices,
  unfamiliar_device,
  new_country,
  rare_network,
  fix_against_address,
  round_trip_too_short,
  time_zone_against_place,
  locale_against_place,
  second_network_against_first,
  peers_against_place,
  listed_vpn,
  listed_proxy,
  tor_exit,
  hosting_network,
  tunnel_mtu,
  round_trip_too_long,
  split_round_trip,
  credential_stuffing,
  mass_registration,
  automated_attempts,
};
inline constexpr std::size_t kFindingKinds = 21;

// Findings of one family have the same cause more often than not; the score counts the strongest
// of a family in full and the others less (score.hpp).
enum class Family : std::uint8_t {
  movement,
  device,
  novelty,
  disagreement,
  relay,
  crowd,
  automation,
};

struct FindingRow {
  FindingKind kind;
  Family family;
  std::string_view reason;  // stable, for machines: "location.impossible_travel"
  std::string_view name;    // of the weight in a tenant's policy: "impossible_travel"
};
[[nodiscard]] const FindingRow& row_of(FindingKind kind);
[[nodiscard]] std::span<const FindingRow, kFindingKinds> finding_rows();

// A number with a unit in its name ("distance_km"), or a country.
struct Parameter {
  std::string_view name;  // static text
  double number = 0;
  CountryCode country;

  friend bool operator==(const Parameter&, const Parameter&) = default;
};

struct Finding {
  static constexpr std::size_t kMostParameters = 4;

  FindingKind kind{};
  double weight = 0;      // 0 to 1: how bad it is when it is true; the tenant's policy may set it
  double confidence = 0;  // 0 to 1: how sure the evidence is in this case
  std::array<Parameter, kMostParameters> parameters{};
  std::uint8_t parameter_count = 0;

  void add(std::string_view name, double number);
  void add(std::string_view name, CountryCode country);
  [[nodiscard]] std::string_view reason() const { return row_of(kind).reason; }
  [[nodiscard]] double strength() const { return weight * confidence; }
  // 0 when it is not there.
  [[nodiscard]] double number(std::string_view name) const;
  [[nodiscard]] CountryCode country(std::string_view name) const;
  // A sentence for people, in English.
  [[nodiscard]] std::string words() const;
};

}  // namespace conclave::signals
