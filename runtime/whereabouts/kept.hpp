#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "policies/signals/evidence.hpp"
#include "policies/signals/habit.hpp"
#include "runtime/base/bytes.hpp"
#include "runtime/base/error.hpp"

namespace conclave::whereabouts {

// How a sign-in that was let in ended; what it teaches depends on it (policies/signals/README.md).
enum class Lesson : std::uint8_t {
  sure,     // no doubt
  noticed,  // a score worth a notice: teaches the habits a day later
  proven,   // a second factor or the primary device vouched for it: the device is known from now on
};

// How long things are kept, as the tenant's policy says.
struct Keeping {
  std::int64_t fix_days = 7;
  std::int64_t profile_days = 180;
  double half_life_days = signals::HabitProfile::kHalfLifeDays;
};

// What is kept of one person: habits, of each device the last two sightings (one on the radio, one
// off it) and from when on it is known. Pure: the time is an argument (UTC, seconds).
class Kept {
 public:
  static constexpr std::size_t kMostDevices = 32;   // the longest unseen makes room
  static constexpr std::size_t kMostDoubtful = 16;  // the oldest is forgotten
  static constexpr std::int64_t kDay = 86'400;

  [[nodiscard]] const signals::HabitProfile& habit() const { return habit_; }
  [[nodiscard]] const std::vector<signals::Sighting>& sightings() const { return sightings_; }
  // The device's newest sighting; nullptr: none is kept.
  [[nodiscard]] const signals::Sighting* last_of(DeviceId device) const;
  [[nodiscard]] const std::map<DeviceId, std::int64_t>& known_from_s() const {
    return known_from_s_;
  }
  // A day after it was first let in, or since it was vouched for.
  [[nodiscard]] bool known(DeviceId device, std::int64_t at_s) const;
  [[nodiscard]] bool empty() const;

  void learn(const signals::Evidence& evidence, Lesson lesson);
  void fade_in(double half_life_days) { habit_.fade_in(half_life_days); }
  // Takes away what is older than it may be. True when something went.
  bool expire(std::int64_t now_s, const Keeping& keeping);
  // Consent was withdrawn. True when there was a fix.
  bool erase_fixes();
  // The device is gone for good.
  bool forget(DeviceId device);

  // About 60 bytes for each sighting beside the habits; 6 KiB at most.
  [[nodiscard]] Bytes encode() const;
  // kKeptMalformed, and the errors of HabitProfile::decode.
  [[nodiscard]] static Result<Kept> decode(ByteView bytes);

 private:
  // What a doubtful sign-in will teach; no fix, no second network.
  struct Doubtful {
    std::int64_t at_s = 0;
    signals::NetworkFacts network;
    std::optional<std::int32_t> utc_offset_minutes;
  };
  void make_room();
  [[nodiscard]] std::int64_t last_seen_s(DeviceId device) const;

  signals::HabitProfile habit_;
  std::vector<signals::Sighting> sightings_;
  std::map<DeviceId, std::int64_t> known_from_s_;
  std::vector<Doubtful> doubtful_;  // oldest first
};

}  // namespace conclave::whereabouts
