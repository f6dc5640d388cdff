#include "runtime/doors/native/native_metrics.hpp"

namespace conclave::doors::native {
namespace {

using sdk::protocol::Method;

constexpr std::array<std::string_view, 9> kOutcomeNames{"ok",      "invalid",     "unauthenticated",
                                                        "denied",  "not_found",   "conflict",
                                                        "limited", "unavailable", "internal"};
constexpr std::array<std::string_view, 6> kRefusedNames{"malformed", "params", "sign_in",
                                                        "in_flight", "flood",  "busy"};
constexpr std::array<std::string_view, 4> kUrgencyNames{"typing", "presence", "receipt", "log"};

std::vector<double> latency_bounds() {
  return {0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
}

}  // namespace

NativeMetrics::NativeMetrics(observe::Metrics& metrics)
    : connections(metrics.gauge("conclave_native_connections", "Open conclave.v1 connections.")),
      sessions(metrics.gauge("conclave_native_sessions", "Connections that are signed in.")),
      in_flight(metrics.gauge("conclave_native_in_flight", "Requests without an answer.")),
      pushed(metrics.counter("conclave_native_pushed_total", "Event frames queued to clients.")),
      lagged(metrics.counter("conclave_native_lagged_total",
                             "Clients that fell behind and were sent back to the log.")),
      paused(metrics.counter("conclave_native_paused_total",
                             "Connections not read for a while because the shard was behind.")),
      metrics_(metrics),
      write_seconds_(metrics.histogram("conclave_native_request_seconds",
                                       "From a request's arrival to its answer.", latency_bounds(),
                                       {{"class", "send"}})),
      other_seconds_(metrics.histogram("conclave_native_request_seconds",
                                       "From a request's arrival to its answer.", latency_bounds(),
                                       {{"class", "other"}})) {
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i] = metrics.counter("conclave_native_refused_total",
                                  "Frames refused before they reached the domain.",
                                  {{"why", kRefusedNames[i]}});
  }
  for (std::size_t i = 0; i < dropped_.size(); ++i) {
    dropped_[i] = metrics.counter("conclave_native_dropped_total",
                                  "Event frames not queued because the client reads too slowly.",
                                  {{"urgency", kUrgencyNames[i]}});
  }
}

void NativeMetrics::answered(Method method, const Error* error, double seconds) {
  const std::size_t outcome = error == nullptr ? 0 : 1 + static_cast<std::size_t>(error->kind());
  std::optional<observe::Counter>& slot = requests_[static_cast<std::size_t>(method)][outcome];
  if (!slot) {
    slot = metrics_.counter(
        "conclave_native_requests_total", "Requests answered.",
        {{"method", sdk::protocol::info(method).name}, {"outcome", kOutcomeNames[outcome]}});
  }
  slot->add();
  (method == Method::message_send ? write_seconds_ : other_seconds_).observe(seconds);
}

}  // namespace conclave::doors::native
