#include "runtime/whereabouts/told.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "runtime/whereabouts/errors.hpp"

namespace conclave::whereabouts {
namespace {

constexpr std::string_view kScheme = "geo:";
constexpr std::size_t kMostBytes = 128;
constexpr double kUsualMetres = 30;
constexpr double kMostMetres = 1e6;
constexpr double kMetresPerKm = 1e3;

// Decimal digits only: no exponent, no "inf", no sign but "-".
std::optional<double> decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value,
                                            std::chars_format::fixed);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// The text up to `mark`, which is taken off `rest` as well.
std::string_view up_to(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  const auto out = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return out;
}

std::optional<int> two_digits(std::string_view text, int most) {
  if (text.size() != 2) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value);
  if (error != std::errc{} || end != text.data() + 2 || value < 0 || value > most)
    return std::nullopt;
  return value;
}

}  // namespace

Result<signals::Place> parse_geo_uri(std::string_view text) {
  if (!text.starts_with(kScheme) || text.size() > kMostBytes) return fail(kPositionInvalid);
  std::string_view parameters = text.substr(kScheme.size());
  std::string_view numbers = up_to(parameters, ';');
  const auto latitude = decimal(up_to(numbers, ','));
  const auto longitude = decimal(up_to(numbers, ','));
  if (!latitude || !longitude) return fail(kPositionInvalid);
  double metres = kUsualMetres;
  while (!parameters.empty()) {
    std::string_view value = up_to(parameters, ';');
    const std::string_view name = up_to(value, '=');
    if (name == "crs" && value != "wgs84") return fail(kPositionInvalid);
    if (name != "u") continue;
    const auto given = decimal(value);
    if (!given || *given < 0 || *given > kMostMetres) return fail(kPositionInvalid);
    metres = *given;
  }
  const signals::Place place{{*latitude, *longitude}, metres / kMetresPerKm};
  if (!signals::is_valid(place.middle)) return fail(kPositionInvalid);
  return place;
}

std::string geo_uri(const signals::Place& place, bool exact) {
  char text[96];
  const int digits = exact ? 6 : 3;
  const int size = std::snprintf(text, sizeof text, "geo:%.*f,%.*f;u=%.0f", digits,
                                 place.middle.latitude, digits, place.middle.longitude,
                                 place.radius_km * kMetresPerKm);
  return {text, static_cast<std::size_t>(size)};
}

std::optional<std::int32_t> parse_utc_offset(std::string_view text) {
  constexpr int kMostHours = 14;
  if (text == "Z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
    return std::nullopt;
  const auto hours = two_digits(text.substr(1, 2), kMostHours);
  const auto minutes = two_digits(text.substr(4, 2), 59);
  if (!hours || !minutes) return std::nullopt;
  const std::int32_t all = *hours * 60 + *minutes;
  return text[0] == '-' ? -all : all;
}

std::string region_of(std::string_view language_tag) {
  bool first = true;
  while (!language_tag.empty()) {
    const std::string_view part = up_to(language_tag, '-');
    if (!std::exchange(first, false) && part.size() == 2) return std::string(part);
    if (part.size() == 1) break;  // extensions and private use begin
  }
  return {};
}

}  // namespace conclave::whereabouts
