#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace conclave::wire {

// What a WebSocket session knows of its peer's life: silence, pings, round trips, and how many
// control frames the peer has sent. No I/O and no clock of its own.
class Heartbeat {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Due { nothing, ping, dead };

  Heartbeat(std::chrono::milliseconds ping_after, std::chrono::milliseconds idle, Time now);

  // The peer has sent something, whatever it was.
  void heard(Time now) { heard_ = now; }
  // A ping or an unasked pong of the peer's. False: a flood, beyond a burst of 64 and 16 a second.
  [[nodiscard]] bool control(Time now);
  // True when it answers our last ping; foreign pongs say nothing about the way.
  [[nodiscard]] bool pong(std::string_view payload, Time now);

  [[nodiscard]] Due due(Time now) const;
  // The payload of the next ping, which is then on its way.
  [[nodiscard]] std::string begin_ping(Time now);
  // Smoothed (RFC 6298 section 2, alpha 1/8); 0 while unknown.
  [[nodiscard]] std::int64_t round_trip_us() const { return round_trip_us_; }
  // The least of all; 0 while unknown.
  [[nodiscard]] std::int64_t least_round_trip_us() const { return least_us_; }
  // A ping is on its way.
  [[nodiscard]] bool awaiting() const { return awaiting_; }

 private:
  std::chrono::milliseconds ping_after_;
  std::chrono::milliseconds idle_;
  Time heard_;
  Time control_at_;
  Time pinged_at_;
  double control_tokens_;
  std::uint64_t number_ = 0;
  std::int64_t round_trip_us_ = 0;
  std::int64_t least_us_ = 0;
  bool awaiting_ = false;
};

}  // namespace conclave::wire
