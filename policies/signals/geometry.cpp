#include "policies/signals/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace conclave::signals {
namespace {

constexpr double kEarthRadiusKm = 6371.0;
constexpr double kCellsPerDegree = 2;
constexpr std::uint32_t kRows = 360;
constexpr std::uint32_t kColumns = 720;

double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

std::uint32_t index_of(double degrees, double from, std::uint32_t count) {
  const double index = std::floor((degrees - from) * kCellsPerDegree);
  return static_cast<std::uint32_t>(std::clamp(index, 0.0, count - 1.0));
}

}  // namespace

bool is_valid(const Point& point) {
  return std::abs(point.latitude) <= 90 && std::abs(point.longitude) <= 180;
}

double distance_km(const Point& from, const Point& to) {
  const double a = radians(from.latitude);
  const double b = radians(to.latitude);
  const double half_latitude = std::sin((b - a) / 2);
  const double half_longitude = std::sin(radians(to.longitude - from.longitude) / 2);
  const double h =
      half_latitude * half_latitude + std::cos(a) * std::cos(b) * half_longitude * half_longitude;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::clamp(h, 0.0, 1.0)));
}

double gap_km(const Place& from, const Place& to) {
  return std::max(0.0, distance_km(from.middle, to.middle) - from.radius_km - to.radius_km);
}

double farthest_km(double round_trip_ms, double km_per_ms) {
  return round_trip_ms * km_per_ms / 2;
}

double least_round_trip_ms(double km, double km_per_ms) {
  return 2 * km / km_per_ms;
}

std::uint32_t coarse_cell(const Point& point) {
  return index_of(point.latitude, -90, kRows) * kColumns +
         index_of(point.longitude, -180, kColumns);
}

Point middle_of_cell(std::uint32_t cell) {
  const auto middle = [](std::uint32_t index, double from) {
    return from + (index + 0.5) / kCellsPerDegree;
  };
  return {middle(cell / kColumns % kRows, -90), middle(cell % kColumns, -180)};
}

bool cells_touch(std::uint32_t left, std::uint32_t right) {
  const auto apart = [](std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; };
  const std::uint32_t columns = apart(left % kColumns, right % kColumns);
  return apart(left / kColumns, right / kColumns) <= 1 && (columns <= 1 || columns == kColumns - 1);
}

}  // namespace conclave::signals
