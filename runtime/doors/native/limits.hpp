#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "runtime/doors/native/flood.hpp"

namespace conclave::doors::native {

struct Limits {
  std::size_t frame_bytes = 64 * 1024;        // as wire::ServerLimits, told in session.hello
  std::size_t body_bytes = 16 * 1024;         // as chat::Limits, told in session.hello
  std::size_t page_entries = 200;             // the same
  std::size_t in_flight = 32;                 // unanswered requests of a connection
  std::size_t send_queue_bytes = 256 * 1024;  // as wire::ServerLimits
  std::size_t held_reply_bytes =
      1024 * 1024;                     // answers that wait for a slow reader; then it is closed
  std::size_t inbox = 4096;            // requests on their way to the shard
  std::size_t signing_in = 2000;       // connections that are not signed in yet
  std::size_t sign_ins_at_once = 256;  // sign-in requests that the shard works on
  std::chrono::milliseconds sign_in{10'000};
  // From an answer on, that asked for one more proof.
  std::chrono::milliseconds proof{120'000};
  std::int64_t heartbeat_ms = 45'000;

  // Costs are in the schema: 1 for a message, more for searches. `stranger` is a connection before
  // sign-in.
  FloodRule stranger{5, 60};
  FloodRule session{200, 800};
  // Only what is written into rooms counts against these.
  FloodRule user{50, 200};
  FloodRule tenant{20'000, 40'000};
  // A connection that goes on after this many refusals within ten seconds is closed (4006).
  std::size_t flood_strikes = 100;
};

}  // namespace conclave::doors::native
