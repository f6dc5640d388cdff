#pragma once

#include <string_view>
#include <vector>

#include "policies/signals/assess.hpp"

// A person in Berlin with a phone and a month of habits, and variations of one connection.
namespace conclave::signals::test {

inline constexpr Point kBerlin{52.52, 13.40};
inline constexpr Point kHamburg{53.55, 10.00};
inline constexpr Point kMunich{48.14, 11.58};
inline constexpr Point kTokyo{35.69, 139.69};
inline constexpr Point kFrankfurt{50.11, 8.68};
inline constexpr std::int64_t kNow = 1'790'000'000;
inline constexpr std::int64_t kHour = 3'600;
inline constexpr std::int64_t kDay = 24 * kHour;
inline constexpr std::uint32_t kHomeAs = 3320;
inline constexpr base::DeviceId kPhone{1};
inline constexpr base::DeviceId kLaptop{2};
inline constexpr base::DeviceId kStranger{9};

inline NetworkFacts network(std::string_view country, Point middle, std::uint32_t as_number,
                            Traits traits = {}, double radius_km = 30) {
  return {CountryCode::of(country), Place{middle, radius_km}, as_number, traits};
}

inline NetworkFacts home() {
  return network("DE", kBerlin, kHomeAs);
}

inline NetworkFacts tokyo() {
  return network("JP", kTokyo, 4713);
}

// A known phone at home, now.
inline Evidence at_home() {
  Evidence evidence;
  evidence.here = {kNow, kPhone, home(), std::nullopt, true};
  evidence.known_device = true;
  evidence.utc_offset_minutes = 120;
  return evidence;
}

inline Evidence from(NetworkFacts network) {
  Evidence evidence = at_home();
  evidence.here.network = std::move(network);
  return evidence;
}

// A month of days at home.
inline HabitProfile month_at_home() {
  HabitProfile profile;
  for (int day = 31; day > 0; --day) {
    Evidence evidence = at_home();
    evidence.here.at_s = kNow - day * kDay;
    profile.learn(evidence);
  }
  return profile;
}

inline Sighting seen(NetworkFacts network, std::int64_t seconds_ago,
                     base::DeviceId device = kPhone) {
  return {kNow - seconds_ago, device, std::move(network), std::nullopt, true};
}

inline Assessment judge(const Evidence& evidence, const std::vector<Sighting>& recent = {},
                        const std::vector<Sighting>& online = {},
                        const HabitProfile& habit = month_at_home()) {
  return assess(evidence, {recent, online}, habit, {});
}

// 0 when it was not found.
inline double confidence(const Assessment& assessment, FindingKind kind) {
  const Finding* finding = assessment.find(kind);
  return finding == nullptr ? 0 : finding->confidence;
}

}  // namespace conclave::signals::test
