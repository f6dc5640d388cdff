#pragma once

#include "runtime/observe/metrics.hpp"
#include "runtime/wire/gate.hpp"

namespace conclave::wire {

// What this folder counts. Handles only: copies are cheap, any thread.
struct WireMetrics {
  explicit WireMetrics(observe::Metrics& registry);

  void refused(Refusal why);

  observe::Gauge connections;
  observe::Gauge websockets;
  observe::Counter accepted;
  observe::Counter refused_connections;
  observe::Counter refused_per_address;
  observe::Counter refused_rate;
  observe::Counter refused_handshakes;  // the pool is full
  observe::Counter refused_upgrade;     // the door sheds
  observe::Counter refused_proxy_header;  // a trusted load balancer sent none, or a wrong one
  observe::Counter refused_stranger;      // not a load balancer that this listener is for
  observe::Counter accept_failed;
  observe::Counter handshakes_full;
  observe::Counter handshakes_resumed;
  observe::Counter handshakes_failed;
  observe::Counter certificates_too_many;  // a client's chain was left out
  observe::Histogram handshake_seconds;
  observe::Counter bytes_in;
  observe::Counter bytes_out;
  observe::Counter writes;
  observe::Counter http_requests;
  observe::Counter messages_in;
  observe::Counter frames_out;
  observe::Counter queue_overflows;
  observe::Counter slow_readers;
  observe::Counter timeouts;  // handshake, head, body and idle deadlines
  observe::Counter floods;    // of control frames
};

}  // namespace conclave::wire
