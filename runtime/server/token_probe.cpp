#include "runtime/server/token_probe.hpp"

#include <vector>

#include "runtime/async/deadline.hpp"
#include "runtime/base/bytes.hpp"

namespace conclave::server {

Task<void> TokenProbe::run() {
  while (!stopping_) {
    std::vector<Bytes> probe{base::to_bytes("conclave/probe/1")};
    const auto answer =
        co_await async::await_callback<std::vector<Bytes>>([&](Callback<std::vector<Bytes>> done) {
          keys_.mac_rows(std::move(probe), std::move(done));
        });
    if (answer) answered_ms_.store(clock_.monotonic_ms(), std::memory_order_relaxed);
    co_await async::sleep_for(std::chrono::seconds(1));
  }
}

bool TokenProbe::answers() const {
  const std::int64_t answered = answered_ms_.load(std::memory_order_relaxed);
  return answered != 0 && clock_.monotonic_ms() - answered < kPatienceMs;
}

}  // namespace conclave::server
