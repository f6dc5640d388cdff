#pragma once

#include <cstdint>

namespace conclave::signals {

// Degrees; latitude -90 to 90, longitude -180 to 180.
struct Point {
  double latitude = 0;
  double longitude = 0;

  friend bool operator==(const Point&, const Point&) = default;
};

// A disc in which somebody is thought to be.
struct Place {
  Point middle;
  double radius_km = 0;
};

// True for finite coordinates within bounds.
[[nodiscard]] bool is_valid(const Point& point);

// Great circle on a sphere of the Earth's mean radius, 6371.0 km; off by at most 0.6 %.
[[nodiscard]] double distance_km(const Point& from, const Point& to);
// The least distance between two discs; 0 when they touch.
[[nodiscard]] double gap_km(const Place& from, const Place& to);

// Light in fibre: c = 299.792 km/ms over a group index of 1.468 (single-mode fibre at 1550 nm, data
// sheet of Corning SMF-28) makes 204 km for each millisecond of one way. So an answer after
// `round_trip_ms` came from at most that times a half. No cable is straight, so the bound is never
// reached (Katz-Bassett et al., IMC 2006, found about 4/9 c typical).
inline constexpr double kFibreKmPerMs = 299.792 / 1.468;
// Between satellites and by microwave, light is not slowed down.
inline constexpr double kVacuumKmPerMs = 299.792;
[[nodiscard]] double farthest_km(double round_trip_ms, double km_per_ms = kFibreKmPerMs);
[[nodiscard]] double least_round_trip_ms(double km, double km_per_ms = kFibreKmPerMs);

// A square of half a degree of latitude by half a degree of longitude (55 km by 55 km or less),
// numbered so that it fits in 20 bits. Coarse on purpose: it names a town, not a house.
[[nodiscard]] std::uint32_t coarse_cell(const Point& point);
// The middle of a cell.
[[nodiscard]] Point middle_of_cell(std::uint32_t cell);
// Whether two cells touch, corners included; across the date line too.
[[nodiscard]] bool cells_touch(std::uint32_t left, std::uint32_t right);

}  // namespace conclave::signals
