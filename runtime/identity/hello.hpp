#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "runtime/base/bytes.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/error.hpp"
#include "runtime/base/random.hpp"

namespace conclave::identity {

// The server's nonces: issuing keeps no state (time, randomness and a MAC under a key of this
// process), so a flood of connections costs nothing; only used ones are remembered, until they have
// expired anyway. Any thread.
class HelloNonces {
 public:
  HelloNonces(const base::Clock& clock, base::Random& random, std::int64_t life_ms = 30'000);

  [[nodiscard]] Bytes issue() const;  // 32 bytes
  // kHelloExpired when it is not ours, too old or was used before.
  [[nodiscard]] Result<void> use(ByteView nonce);

 private:
  [[nodiscard]] Bytes tag(ByteView head) const;

  const base::Clock& clock_;
  base::Random& random_;
  std::int64_t life_ms_;
  Bytes key_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::int64_t> used_;  // random part, monotonic expiry
  static constexpr std::size_t kSweepAbove = 4096;
  std::size_t sweep_above_ = kSweepAbove;
};

}  // namespace conclave::identity
