#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "policies/signals/evidence.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

namespace conclave::signals {

// One thing of a kind that a person uses, and how many days it was used on, fading.
struct Habit {
  std::uint32_t key = 0;
  double days = 0;             // as of `last_day`
  std::uint16_t last_day = 0;  // since 1970, UTC

  friend bool operator==(const Habit&, const Habit&) = default;
};

// At most `limit` habits of one kind; the weakest makes room. A day counts once for each key, so
// that many connections teach no more than one.
class HabitTable {
 public:
  HabitTable() = default;
  explicit HabitTable(std::size_t limit) : limit_(limit) {}

  void count(std::uint32_t key, std::uint16_t day, double half_life_days);
  // Days of use, faded to `day`; 0 for an unknown key.
  [[nodiscard]] double days(std::uint32_t key, std::uint16_t day, double half_life_days) const;
  [[nodiscard]] const std::vector<Habit>& entries() const { return entries_; }

  void write(base::ByteWriter& out) const;
  // False when it does not fit the limit or is out of order.
  [[nodiscard]] bool read(base::ByteReader& in);

  friend bool operator==(const HabitTable&, const HabitTable&) = default;

 private:
  std::size_t limit_ = 0;
  std::vector<Habit> entries_;  // by key
};

// Where a person usually is: countries, autonomous systems, coarse cells of half a degree, UTC
// offsets, and whether relays are a habit. No address, no exact place, no times of day. About
// 100 bytes for most people, 460 at most. To erase it, drop it: nothing else is kept.
//
// learn() only what was let in without doubt or after a step-up: otherwise a thief teaches it.
class HabitProfile {
 public:
  static constexpr std::uint8_t kVersion = 1;
  static constexpr double kHalfLifeDays = 60;

  HabitProfile();

  void learn(const Evidence& evidence);
  // In how many days a habit fades by half, as the tenant's policy says; not part of encode().
  void fade_in(double half_life_days) { half_life_days_ = half_life_days; }

  // 0 (never) to 1 (all the time): 1 - 2^-days, so that one day makes 0.5 and three 0.88.
  [[nodiscard]] double country(CountryCode country, std::int64_t at_s) const;
  // The same, three times as slow: one day makes 0.2, three 0.5, ten 0.9.
  [[nodiscard]] double network(std::uint32_t as_number, std::int64_t at_s) const;
  [[nodiscard]] double utc_offset(std::int32_t minutes, std::int64_t at_s) const;
  [[nodiscard]] double relays(std::int64_t at_s) const;
  // Of the cell or one next to it.
  [[nodiscard]] double near(const Point& point, std::int64_t at_s) const;
  // How much the profile knows at all: one day makes 0.2, three 0.5, ten 0.9.
  [[nodiscard]] double maturity(std::int64_t at_s) const;

  // What is known, to be shown to the person. Keys: CountryCode::number(), AS number,
  // coarse_cell().
  [[nodiscard]] const HabitTable& countries() const { return countries_; }
  [[nodiscard]] const HabitTable& networks() const { return networks_; }
  [[nodiscard]] const HabitTable& cells() const { return cells_; }
  // The last day of any use, since 1970, UTC; 0: nothing is known.
  [[nodiscard]] std::uint16_t last_day() const;

  [[nodiscard]] Bytes encode() const;
  // kProfileMalformed, kProfileNewer.
  [[nodiscard]] static Result<HabitProfile> decode(ByteView bytes);

  friend bool operator==(const HabitProfile&, const HabitProfile&) = default;

 private:
  HabitTable countries_;
  HabitTable networks_;
  HabitTable cells_;
  HabitTable offsets_;
  HabitTable general_;  // kAnyDay, kRelayDay
  double half_life_days_ = kHalfLifeDays;
};

}  // namespace conclave::signals
