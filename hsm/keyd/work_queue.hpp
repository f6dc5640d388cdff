#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "hsm/keyd/operation.hpp"

namespace conclave::hsm::keyd {

class Connection;

// One request on its way to the token's thread.
struct Job {
  std::shared_ptr<Connection> connection;  // shared with the server, which may drop it meanwhile
  std::uint64_t id = 0;
  const OperationEntry* operation = nullptr;
  Bytes payload;
  std::int64_t arrived_ms = 0;  // monotonic
  // Set while a long operation is done in slices.
  Continuation continuation;
};

// The lanes share the token's time by weight: while all wait, sealing gets half, TLS a quarter,
// typed operations a sixth, maintenance a twelfth; what one does not use the others get (start-time
// fair queueing over measured time). A lane that is full, or in which a job would wait too long,
// refuses: shedding happens before queueing. submit() on any thread, the rest on the token's.
class WorkQueue {
 public:
  // False: shed.
  [[nodiscard]] bool submit(Job job);
  // Puts a long operation back; never refused.
  void resume(Job job);
  // Waits up to `limit`; nothing when there is no work.
  [[nodiscard]] std::optional<Job> next(std::chrono::milliseconds limit);
  // What the last job of the lane cost, which decides who is next.
  void charge(Lane lane, std::chrono::nanoseconds cost);
  void wake();
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Queue {
    std::deque<Job> jobs;
    std::size_t bytes = 0;
    double virtual_time = 0;   // cost so far, divided by the weight
    double cost_ns = 100'000;  // moving average of one job
  };
  void enqueue(Queue& queue, Job job);

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
  double virtual_now_ = 0;
  std::array<Queue, kLaneCount> lanes_;
};

}  // namespace conclave::hsm::keyd
