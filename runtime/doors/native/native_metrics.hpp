#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "runtime/observe/metrics.hpp"
#include "runtime/sync/hub.hpp"
#include "sdk/protocol/methods.hpp"

namespace conclave::doors::native {

// Frames refused before they reach the domain.
enum class Refused : std::uint8_t { malformed, params, sign_in, in_flight, flood, busy };

class NativeMetrics {
 public:
  explicit NativeMetrics(observe::Metrics& metrics);

  // On the shard's thread: handles of a method and outcome are made when they first occur.
  void answered(sdk::protocol::Method method, const Error* error, double seconds);
  // The rest on any thread.
  void refused(Refused why) { refused_[static_cast<std::size_t>(why)].add(); }
  void dropped(sync::Urgency urgency) { dropped_[static_cast<std::size_t>(urgency)].add(); }

  observe::Gauge connections;
  observe::Gauge sessions;
  observe::Gauge in_flight;
  observe::Counter pushed;
  observe::Counter lagged;
  observe::Counter paused;

 private:
  static constexpr std::size_t kOutcomes = 9;  // ok, then one for each ErrorKind

  observe::Metrics& metrics_;
  std::array<std::array<std::optional<observe::Counter>, kOutcomes>, sdk::protocol::kMethodCount>
      requests_;
  observe::Histogram write_seconds_;
  observe::Histogram other_seconds_;
  std::array<observe::Counter, 6> refused_;
  std::array<observe::Counter, 4> dropped_;
};

}  // namespace conclave::doors::native
