#include <algorithm>
#include <charconv>

#include "runtime/config/config.hpp"

namespace conclave::config {
namespace {

std::optional<double> number(std::string_view text, double most) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value >= -most && value <= most ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<Coordinates> parse_coordinates(std::string_view text) {
  constexpr double kPole = 90;
  constexpr double kDateLine = 180;
  const auto comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto latitude = number(text.substr(0, comma), kPole);
  const auto longitude = number(text.substr(comma + 1), kDateLine);
  if (!latitude || !longitude) return std::nullopt;
  return Coordinates{*latitude, *longitude};
}

std::filesystem::path location_file(const Config& config, const std::string& text) {
  return (config.file.parent_path() / text).lexically_normal();
}

std::vector<std::filesystem::path> location_files(const Config& config) {
  const Location& location = config.location;
  std::vector<std::filesystem::path> out;
  for (const auto* list :
       {&location.databases, &location.as_ranges, &location.vpn, &location.proxy, &location.tor,
        &location.hosting, &location.mobile, &location.carrier_nat, &location.shared_egress,
        &location.satellite}) {
    for (const auto& text : *list) {
      auto path = location_file(config, text);
      if (std::ranges::find(out, path) == out.end()) out.push_back(std::move(path));
    }
  }
  return out;
}

}  // namespace conclave::config
