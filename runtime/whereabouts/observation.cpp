#include "runtime/whereabouts/observation.hpp"

namespace conclave::whereabouts {

Input input_of(TenantId tenant, UserId user, DeviceId device,
               const identity::ConnectionFacts& facts) {
  constexpr double kUsPerMs = 1'000;
  Input out;
  out.tenant = tenant;
  out.user = user;
  out.device = device;
  out.address = facts.client;
  out.path.tcp_round_trip_ms = facts.path.round_trip_ms;
  out.path.mtu = facts.path.mtu;
  if (facts.least_ping_us != nullptr) {
    out.path.application_round_trip_ms =
        static_cast<double>(facts.least_ping_us->load(std::memory_order_relaxed)) / kUsPerMs;
  }
  return out;
}

}  // namespace conclave::whereabouts
