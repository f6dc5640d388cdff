#pragma once

#include <atomic>
#include <cstdint>

namespace conclave::hsm::pkcs11 {

// What the token thread is doing, for a watchdog on another thread: a PKCS#11 call cannot be
// interrupted, so a call that takes too long costs the process. Also counts, for status.
struct CallWatch {
  std::atomic<std::int64_t> started_ms{0};  // monotonic; 0: no call is under way
  std::atomic<const char*> call{nullptr};   // name of the last call
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> failures{0};
};

}  // namespace conclave::hsm::pkcs11
