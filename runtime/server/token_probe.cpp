#include "runtime/server/token_probe.hpp"

#include <vector>

#include "runtime/async/deadline.hpp"
#include "runtime/base/bytes.hpp"

namespace conclave::server {

TokenProbe::TokenProbe(hsm::api::KeyService& keys, const base::Clock& clock,
                       observe::Metrics& metrics)
    : keys_(keys),
      clock_(clock),
      answers_(metrics.gauge("conclave_token_answers",
                             "1 while the token answers, 0 when it has not for seconds.")) {}

Task<void> TokenProbe::run() {
  while (!stopping_) {
    if (!seen_->asking.exchange(true)) ask();
    answers_.set(answers() ? 1.0 : 0.0);
    co_await async::sleep_for(std::chrono::seconds(1));
  }
}

void TokenProbe::ask() {
  std::vector<Bytes> probe{base::to_bytes("conclave/probe/1")};
  keys_.mac_rows(std::move(probe), [seen = seen_, &clock = clock_](Result<std::vector<Bytes>> got) {
    if (got) seen->answered_ms.store(clock.monotonic_ms(), std::memory_order_relaxed);
    seen->asking = false;
  });
}

bool TokenProbe::answers() const {
  const std::int64_t answered = seen_->answered_ms.load(std::memory_order_relaxed);
  return answered != 0 && clock_.monotonic_ms() - answered < kPatienceMs;
}

}  // namespace conclave::server
