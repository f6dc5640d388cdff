#include "runtime/wire/heartbeat.hpp"

#include <algorithm>

namespace conclave::wire {
namespace {

constexpr double kControlBurst = 64;
constexpr double kControlPerSecond = 16;

}  // namespace

Heartbeat::Heartbeat(std::chrono::milliseconds ping_after, std::chrono::milliseconds idle, Time now)
    : ping_after_(ping_after),
      idle_(idle),
      heard_(now),
      control_at_(now),
      control_tokens_(kControlBurst) {}

bool Heartbeat::control(Time now) {
  const std::chrono::duration<double> passed = now - control_at_;
  control_at_ = now;
  control_tokens_ = std::min(kControlBurst, control_tokens_ + passed.count() * kControlPerSecond);
  control_tokens_ -= 1;
  return control_tokens_ >= 0;
}

bool Heartbeat::pong(std::string_view payload, Time now) {
  if (!awaiting_ || payload != std::to_string(number_)) return false;
  awaiting_ = false;
  // At least one microsecond: zero says "unknown".
  const std::int64_t sample = std::max<std::int64_t>(
      1, std::chrono::duration_cast<std::chrono::microseconds>(now - pinged_at_).count());
  least_us_ = least_us_ == 0 ? sample : std::min(least_us_, sample);
  round_trip_us_ = round_trip_us_ == 0 ? sample : round_trip_us_ + (sample - round_trip_us_) / 8;
  return true;
}

Heartbeat::Due Heartbeat::due(Time now) const {
  if (now - heard_ > idle_) return Due::dead;
  return now - heard_ > ping_after_ && !awaiting_ ? Due::ping : Due::nothing;
}

std::string Heartbeat::begin_ping(Time now) {
  awaiting_ = true;
  pinged_at_ = now;
  return std::to_string(++number_);
}

}  // namespace conclave::wire
