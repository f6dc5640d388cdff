#include "runtime/wire/wire_metrics.hpp"

namespace conclave::wire {
namespace {

observe::Counter refused_counter(observe::Metrics& registry, std::string_view reason) {
  return registry.counter("conclave_wire_refused_total", "Connections refused, by reason.",
                          {{"reason", reason}});
}

observe::Counter handshake_counter(observe::Metrics& registry, std::string_view result) {
  return registry.counter("conclave_wire_handshakes_total", "TLS handshakes, by result.",
                          {{"result", result}});
}

observe::Counter cut_counter(observe::Metrics& registry, std::string_view reason) {
  return registry.counter("conclave_wire_cut_total", "Connections cut by a limit, by reason.",
                          {{"reason", reason}});
}

}  // namespace

WireMetrics::WireMetrics(observe::Metrics& registry)
    : connections(registry.gauge("conclave_wire_connections", "Open TCP connections.")),
      websockets(registry.gauge("conclave_wire_websockets", "Open WebSocket connections.")),
      accepted(registry.counter("conclave_wire_accepted_total", "TCP connections let in.")),
      refused_connections(refused_counter(registry, "connections")),
      refused_per_address(refused_counter(registry, "per_address")),
      refused_rate(refused_counter(registry, "rate")),
      refused_handshakes(refused_counter(registry, "handshakes")),
      refused_upgrade(refused_counter(registry, "door")),
      refused_proxy_header(refused_counter(registry, "proxy_header")),
      refused_stranger(refused_counter(registry, "stranger")),
      accept_failed(refused_counter(registry, "accept_failed")),
      handshakes_full(handshake_counter(registry, "full")),
      handshakes_resumed(handshake_counter(registry, "resumed")),
      handshakes_failed(handshake_counter(registry, "failed")),
      certificates_too_many(registry.counter(
          "conclave_wire_client_certificates_left_out_total",
          "Client certificates left out because the chain was longer than the limits.")),
      handshake_seconds(registry.histogram(
          "conclave_wire_handshake_seconds", "From the accepted socket to the finished handshake.",
          {0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10})),
      bytes_in(registry.counter("conclave_wire_received_bytes_total", "Bytes read, inside TLS.")),
      bytes_out(registry.counter("conclave_wire_sent_bytes_total", "Bytes written, inside TLS.")),
      writes(registry.counter("conclave_wire_writes_total",
                              "Writes of WebSocket sessions: system calls, or TLS records.")),
      http_requests(registry.counter("conclave_wire_http_requests_total", "HTTP requests.")),
      messages_in(
          registry.counter("conclave_wire_messages_received_total", "WebSocket messages read.")),
      frames_out(registry.counter("conclave_wire_frames_sent_total", "WebSocket frames written.")),
      queue_overflows(registry.counter("conclave_wire_send_queue_overflows_total",
                                       "Frames not queued because a send queue was full.")),
      slow_readers(cut_counter(registry, "slow_reader")),
      timeouts(cut_counter(registry, "timeout")),
      floods(cut_counter(registry, "control_flood")) {}

void WireMetrics::refused(Refusal why) {
  switch (why) {
    case Refusal::none:
      return;
    case Refusal::connections:
      return refused_connections.add();
    case Refusal::per_address:
      return refused_per_address.add();
    case Refusal::rate:
      return refused_rate.add();
  }
}

}  // namespace conclave::wire
