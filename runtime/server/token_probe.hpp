#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/observe/metrics.hpp"

namespace conclave::server {

// Whether the token really answers: one small call a second. A keyd that is there but hangs, and a
// token that accepts nothing, turn readiness red within kPatienceMs, and green again by themselves.
class TokenProbe {
 public:
  static constexpr std::int64_t kPatienceMs = 3'000;

  TokenProbe(hsm::api::KeyService& keys, const base::Clock& clock, observe::Metrics& metrics);

  // Ends after stop(). On the shard's thread.
  [[nodiscard]] Task<void> run();
  void stop() { stopping_ = true; }

  // Any thread; reads what the last calls have shown.
  [[nodiscard]] bool answers() const;

 private:
  struct Seen {
    std::atomic<std::int64_t> answered_ms{0};  // monotonic; 0: never
    std::atomic<bool> asking{false};
  };
  void ask();

  hsm::api::KeyService& keys_;
  const base::Clock& clock_;
  // Shared with the call under way, which may be answered after this has gone.
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  observe::Gauge answers_;
  bool stopping_ = false;
};

}  // namespace conclave::server
