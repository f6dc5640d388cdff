#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "hsm/pkcs11/call_watch.hpp"

namespace conclave::hsm::keyd {

// Ends the process (kExitTokenHung) when one call into the module takes longer than `limit`: a hung
// module cannot be interrupted, and the launcher starts a new keyd at once.
class Watchdog {
 public:
  Watchdog(const pkcs11::CallWatch& watch, std::chrono::milliseconds limit);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void run();

  const pkcs11::CallWatch& watch_;
  std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // under mutex_
  std::thread thread_;     // last: it uses the others
};

}  // namespace conclave::hsm::keyd
