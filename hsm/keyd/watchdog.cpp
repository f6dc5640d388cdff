#include "hsm/keyd/watchdog.hpp"

#include <pthread.h>
#include <unistd.h>

#include "hsm/keyd/errors.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::chrono::milliseconds kPeriod{50};

}  // namespace

Watchdog::Watchdog(const pkcs11::CallWatch& watch, std::chrono::milliseconds limit)
    : watch_(watch), limit_(limit), thread_([this] {
        ::pthread_setname_np(::pthread_self(), "keyd-watchdog");
        run();
      }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPeriod, [this] { return stopping_; })) {
    const auto started = watch_.started_ms.load(std::memory_order_relaxed);
    if (started == 0) continue;
    const auto taken_ms = base::system_clock().monotonic_ms() - started;
    if (taken_ms < limit_.count()) continue;
    observe::error("token.hung",
                   {{"call", watch_.call.load(std::memory_order_relaxed)}, {"taken_ms", taken_ms}});
    ::_exit(kExitTokenHung);
  }
}

}  // namespace conclave::hsm::keyd
