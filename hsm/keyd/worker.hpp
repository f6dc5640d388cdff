#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "hsm/keyd/service.hpp"
#include "hsm/keyd/work_queue.hpp"

namespace conclave::hsm::keyd {

// The one thread that talks to the token: takes jobs from the lanes, answers them, keeps the token
// open, does what is due. Everything in Service belongs to this thread.
class Worker {
 public:
  // `stop` ends the process with a status; `wake` lets the server publish a new state. Any thread.
  struct Hooks {
    std::function<void(int exit_status)> stop;
    std::function<void()> wake;
  };

  Worker(Service& service, WorkQueue& queue, Hooks hooks);
  // Finishes what is queued, closes the token and joins.
  void finish();

 private:
  void run();
  void execute(Job job);
  void answer(Job& job, Call& call, const Result<bool>& outcome, base::ByteWriter& out);
  void keep_open();
  void tend();

  Service& service_;
  WorkQueue& queue_;
  Hooks hooks_;
  std::atomic<bool> finishing_{false};
  std::int64_t next_second_ms_ = 0;
  std::int64_t next_due_ms_ = 0;
  std::thread thread_;  // last: it uses the others
};

}  // namespace conclave::hsm::keyd
