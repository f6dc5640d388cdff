#include "runtime/whereabouts/kept.hpp"

#include <algorithm>

namespace conclave::whereabouts {

using signals::Evidence;
using signals::Sighting;

const Sighting* Kept::last_of(DeviceId device) const {
  const Sighting* last = nullptr;
  for (const Sighting& each : sightings_) {
    const bool newer = last == nullptr || each.at_s > last->at_s;
    if (each.device == device && newer) last = &each;
  }
  return last;
}

bool Kept::known(DeviceId device, std::int64_t at_s) const {
  const auto found = known_from_s_.find(device);
  return found != known_from_s_.end() && found->second <= at_s;
}

bool Kept::empty() const {
  return sightings_.empty() && known_from_s_.empty() && doubtful_.empty() && habit_.last_day() == 0;
}

void Kept::learn(const Evidence& evidence, Lesson lesson) {
  const Sighting& here = evidence.here;
  std::erase_if(doubtful_, [&](const Doubtful& earlier) {
    if (here.at_s - earlier.at_s < kDay) return false;
    Evidence lesson_of_then;
    lesson_of_then.here.at_s = earlier.at_s;
    lesson_of_then.here.network = earlier.network;
    lesson_of_then.utc_offset_minutes = earlier.utc_offset_minutes;
    habit_.learn(lesson_of_then);
    return true;
  });
  if (lesson == Lesson::noticed) {
    if (doubtful_.size() >= kMostDoubtful) doubtful_.erase(doubtful_.begin());
    doubtful_.push_back({here.at_s, here.network, evidence.utc_offset_minutes});
  } else {
    habit_.learn(evidence);
  }
  if (!here.device) return;
  const auto [known, fresh] = known_from_s_.try_emplace(here.device, here.at_s + kDay);
  if (lesson == Lesson::proven) known->second = std::min(known->second, here.at_s);
  const auto same = std::ranges::find_if(sightings_, [&](const Sighting& earlier) {
    return earlier.device == here.device && earlier.on_radio() == here.on_radio();
  });
  if (same != sightings_.end()) {
    *same = here;
  } else {
    sightings_.push_back(here);
  }
  if (fresh) make_room();
}

std::int64_t Kept::last_seen_s(DeviceId device) const {
  const Sighting* last = last_of(device);
  return last == nullptr ? 0 : last->at_s;
}

void Kept::make_room() {
  while (known_from_s_.size() > kMostDevices) {
    const auto longest = std::ranges::min_element(
        known_from_s_, {}, [&](const auto& entry) { return last_seen_s(entry.first); });
    forget(DeviceId(longest->first));
  }
}

bool Kept::forget(DeviceId device) {
  const auto sightings =
      std::erase_if(sightings_, [&](const Sighting& each) { return each.device == device; });
  return known_from_s_.erase(device) + sightings > 0;
}

bool Kept::expire(std::int64_t now_s, const Keeping& keeping) {
  bool gone = false;
  const std::int64_t fixes_from = now_s - keeping.fix_days * kDay;
  const std::int64_t seen_from = now_s - keeping.profile_days * kDay;
  for (Sighting& sighting : sightings_) {
    const bool old = sighting.fix && sighting.at_s - sighting.fix->age_s <= fixes_from;
    if (!old) continue;
    sighting.fix.reset();
    gone = true;
  }
  const auto unseen = [&](const auto& each) { return each.at_s < seen_from; };
  gone |= std::erase_if(sightings_, unseen) > 0;
  gone |= std::erase_if(doubtful_, unseen) > 0;
  gone |= std::erase_if(known_from_s_, [&](const auto& entry) {
            return last_seen_s(entry.first) < seen_from;
          }) > 0;
  const std::int64_t last_use_s = habit_.last_day() * kDay;
  if (last_use_s != 0 && last_use_s + kDay < seen_from) {
    habit_ = {};
    gone = true;
  }
  habit_.fade_in(keeping.half_life_days);
  return gone;
}

bool Kept::erase_fixes() {
  bool gone = false;
  for (Sighting& sighting : sightings_) {
    gone |= sighting.fix.has_value();
    sighting.fix.reset();
  }
  return gone;
}

}  // namespace conclave::whereabouts
