#include "tests/load/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <fstream>

namespace conclave::load {
namespace {

constexpr std::array kDemands{
    Demand{.name = "chat_msgs_per_s",
           .least = 20'000,
           .aim = 0.5,
           .aim_of = "floor_durable_msgs_per_s"},
    Demand{.name = "chat_p99_ms", .least = 10, .aim = 4, .low_is_good = true},
    Demand{.name = "room200_deliveries_per_s",
           .least = 0.6,
           .aim = 1,
           .least_of = "floor_deliveries_per_s",
           .aim_of = "floor_deliveries_per_s"},
    Demand{.name = "room1000_deliveries_per_s",
           .least = 0.6,
           .aim = 1,
           .least_of = "floor_deliveries_per_s",
           .aim_of = "floor_deliveries_per_s"},
    Demand{.name = "room1000_join_s", .least = 3, .aim = 1, .low_is_good = true},
    Demand{.name = "logins_per_s", .least = 1'500, .aim = 4'000},
    Demand{.name = "resumes_per_s", .least = 6'000, .aim = 12'000},
    Demand{.name = "history_pages_per_s", .least = 2'000, .aim = 10'000},
    Demand{.name = "history50_pages_per_s", .aim = 2'000},
    Demand{.name = "history50_cold_pages_per_s", .aim = 200},
    Demand{.name = "idle_kib_per_session_plain", .least = 14, .aim = 9, .low_is_good = true},
    Demand{.name = "idle_kib_per_session_tls", .least = 40, .aim = 22, .low_is_good = true},
};

const Demand* demand_of(std::string_view name) {
  const auto found = std::ranges::find(kDemands, name, &Demand::name);
  return found == kDemands.end() ? nullptr : &*found;
}

bool low_is_good(std::string_view name) {
  const Demand* const demand = demand_of(name);
  if (demand != nullptr) return demand->low_is_good;
  return name.ends_with("_ms") || name.ends_with("_s_to_all") || name.find("cpu_us") != name.npos;
}

std::string text_of(double value) {
  if (value == 0) return "-";
  return value >= 1'000 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

}  // namespace

void Report::add(const std::string& name, double value) {
  if (!runs_.contains(name)) order_.push_back(name);
  runs_[name].push_back(value);
}

double Report::median(std::string_view name) const {
  const auto found = runs_.find(name);
  if (found == runs_.end()) return 0;
  std::vector<double> values = found->second;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Report::worst(std::string_view name) const {
  const auto found = runs_.find(name);
  if (found == runs_.end()) return 0;
  return low_is_good(name) ? std::ranges::max(found->second) : std::ranges::min(found->second);
}

std::string Report::table() const {
  std::string out = fmt::format("{:<30} {:>11} {:>11} {:>11} {:>11}  {}\n", "figure", "at least",
                                "aim", "median", "worst", "verdict");
  const auto part = [this](double value, std::string_view of) {
    return of.empty() ? value : value * median(of);
  };
  for (const Demand& demand : kDemands) {
    if (!runs_.contains(demand.name)) continue;
    const double value = median(demand.name);
    const double least = part(demand.least, demand.least_of);
    const double aim = part(demand.aim, demand.aim_of);
    const auto meets = [&](double bound) {
      return bound == 0 || (demand.low_is_good ? value <= bound : value >= bound);
    };
    const bool aim_known = aim > 0;
    const std::string_view verdict = !meets(least) ? "FALLS SHORT"
                                     : !aim_known  ? "aim unknown"
                                     : meets(aim)  ? "aim met"
                                     : least == 0  ? "reported"
                                                   : "met";
    out += fmt::format("{:<30} {:>11} {:>11} {:>11} {:>11}  {}\n", demand.name, text_of(least),
                       text_of(aim), text_of(value), text_of(worst(demand.name)), verdict);
  }
  out += "\nfurther figures\n";
  for (const std::string& name : order_) {
    if (demand_of(name) != nullptr) continue;
    out += fmt::format("{:<54} {:>11} {:>11}\n", name, text_of(median(name)), text_of(worst(name)));
  }
  out += "\n";
  for (const std::string& note : notes_) out += note + "\n";
  return out;
}

void Report::write_json(const std::filesystem::path& file) const {
  boost::json::object out;
  boost::json::object runs;
  for (const std::string& name : order_) {
    out[name] = median(name);
    runs[name] = boost::json::value_from(runs_.find(name)->second);
  }
  out["runs"] = std::move(runs);
  out["notes"] = boost::json::value_from(notes_);
  std::ofstream(file) << boost::json::serialize(out) << "\n";
}

}  // namespace conclave::load
