#include "policies/signals/habit.hpp"

#include <algorithm>
#include <cmath>

#include "policies/signals/errors.hpp"

namespace conclave::signals {
namespace {

constexpr std::size_t kCountries = 8;
constexpr std::size_t kNetworks = 16;
constexpr std::size_t kCells = 24;
constexpr std::size_t kOffsets = 4;
constexpr std::size_t kGeneral = 2;
constexpr std::uint32_t kAnyDay = 1;
constexpr std::uint32_t kRelayDay = 2;

constexpr std::int64_t kSecondsPerDay = 86'400;
// Stored as u16 in 1/256 of a day. A habit of every day tends to 1 / (1 - 2^(-1/60)) = 87 days.
constexpr double kUnitsPerDay = 256;
constexpr double kMostDays = 65'535 / kUnitsPerDay;
constexpr double kMaturityDays = 3;
// A few large networks serve most of a country: a day in a café makes one of them no habit.
constexpr double kNetworkDays = 3;

std::uint16_t day_of(std::int64_t at_s) {
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(at_s / kSecondsPerDay, 0, UINT16_MAX));
}

// A clock that went back fades nothing.
double faded(const Habit& habit, std::uint16_t day, double half_life_days) {
  if (day <= habit.last_day) return habit.days;
  return habit.days * std::exp2(-(day - habit.last_day) / half_life_days);
}

double familiarity(double days) {
  return 1 - std::exp2(-days);
}

// UTC-12:00 to UTC+14:00 in quarters, moved to be positive.
std::uint32_t offset_key(std::int32_t minutes) {
  return static_cast<std::uint32_t>(std::clamp(minutes / 15 + 64, 0, 128));
}

}  // namespace

void HabitTable::count(std::uint32_t key, std::uint16_t day, double half_life_days) {
  auto at = std::ranges::lower_bound(entries_, key, {}, &Habit::key);
  if (at != entries_.end() && at->key == key) {
    if (day <= at->last_day) return;
    at->days = std::min(faded(*at, day, half_life_days) + 1, kMostDays);
    at->last_day = day;
    return;
  }
  if (entries_.size() >= limit_) {
    const auto weakest = std::ranges::min_element(
        entries_, {}, [&](const Habit& habit) { return faded(habit, day, half_life_days); });
    entries_.erase(weakest);
    at = std::ranges::lower_bound(entries_, key, {}, &Habit::key);
  }
  entries_.insert(at, Habit{key, 1, day});
}

double HabitTable::days(std::uint32_t key, std::uint16_t day, double half_life_days) const {
  const auto at = std::ranges::lower_bound(entries_, key, {}, &Habit::key);
  return at != entries_.end() && at->key == key ? faded(*at, day, half_life_days) : 0;
}

void HabitTable::write(base::ByteWriter& out) const {
  out.u8(static_cast<std::uint8_t>(entries_.size()));
  for (const Habit& habit : entries_) {
    out.u32(habit.key).u16(static_cast<std::uint16_t>(std::lround(habit.days * kUnitsPerDay)));
    out.u16(habit.last_day);
  }
}

bool HabitTable::read(base::ByteReader& in) {
  const std::size_t count = in.u8();
  if (count > limit_) return false;
  entries_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Habit habit;
    habit.key = in.u32();
    habit.days = in.u16() / kUnitsPerDay;
    habit.last_day = in.u16();
    if (!in.ok() || (!entries_.empty() && entries_.back().key >= habit.key)) return false;
    entries_.push_back(habit);
  }
  return in.ok();
}

HabitProfile::HabitProfile()
    : countries_(kCountries),
      networks_(kNetworks),
      cells_(kCells),
      offsets_(kOffsets),
      general_(kGeneral) {}

void HabitProfile::learn(const Evidence& evidence) {
  const NetworkFacts& network = evidence.here.network;
  const std::uint16_t day = day_of(evidence.here.at_s);
  general_.count(kAnyDay, day, half_life_days_);
  if (network.is_relay()) {
    general_.count(kRelayDay, day, half_life_days_);
  } else if (network.country.known()) {
    countries_.count(network.country.number(), day, half_life_days_);
  }
  if (network.as_number != 0) networks_.count(network.as_number, day, half_life_days_);
  if (const auto place = believed_place(network); place && network.place) {
    cells_.count(coarse_cell(place->middle), day, half_life_days_);
  }
  if (evidence.utc_offset_minutes) {
    offsets_.count(offset_key(*evidence.utc_offset_minutes), day, half_life_days_);
  }
}

double HabitProfile::country(CountryCode country, std::int64_t at_s) const {
  return familiarity(countries_.days(country.number(), day_of(at_s), half_life_days_));
}

double HabitProfile::network(std::uint32_t as_number, std::int64_t at_s) const {
  return familiarity(networks_.days(as_number, day_of(at_s), half_life_days_) / kNetworkDays);
}

double HabitProfile::utc_offset(std::int32_t minutes, std::int64_t at_s) const {
  return familiarity(offsets_.days(offset_key(minutes), day_of(at_s), half_life_days_));
}

double HabitProfile::relays(std::int64_t at_s) const {
  return familiarity(general_.days(kRelayDay, day_of(at_s), half_life_days_));
}

double HabitProfile::near(const Point& point, std::int64_t at_s) const {
  const std::uint32_t cell = coarse_cell(point);
  const std::uint16_t day = day_of(at_s);
  double days = 0;
  for (const Habit& habit : cells_.entries()) {
    if (cells_touch(habit.key, cell)) days += faded(habit, day, half_life_days_);
  }
  return familiarity(days);
}

double HabitProfile::maturity(std::int64_t at_s) const {
  return familiarity(general_.days(kAnyDay, day_of(at_s), half_life_days_) / kMaturityDays);
}

std::uint16_t HabitProfile::last_day() const {
  std::uint16_t last = 0;
  for (const Habit& habit : general_.entries()) last = std::max(last, habit.last_day);
  return last;
}

Bytes HabitProfile::encode() const {
  base::ByteWriter out(96);
  out.u8(kVersion);
  for (const HabitTable* table : {&countries_, &networks_, &cells_, &offsets_, &general_}) {
    table->write(out);
  }
  return out.take();
}

Result<HabitProfile> HabitProfile::decode(ByteView bytes) {
  base::ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  if (in.ok() && version > kVersion) {
    return fail(kProfileNewer, "version " + std::to_string(version));
  }
  if (!in.ok() || version == 0) return fail(kProfileMalformed, "no version");
  HabitProfile profile;
  for (HabitTable* table : {&profile.countries_, &profile.networks_, &profile.cells_,
                            &profile.offsets_, &profile.general_}) {
    if (!table->read(in)) return fail(kProfileMalformed, "a table is damaged");
  }
  if (!in.done()) return fail(kProfileMalformed, "bytes beyond the end");
  return profile;
}

}  // namespace conclave::signals
