#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.hpp"

namespace conclave::hsm::keyd {

// What was asked of keyd, by tenant and operation, in keyd's own account: a compromised conclaved
// cannot hide it. A line an active pair each minute; an alarm when a minute has ten times what the
// pair's past minutes had. Any thread.
class Usage {
 public:
  void count(TenantId tenant, std::string_view operation, std::uint64_t amount, bool good);
  // Call about once a second; writes and starts anew each minute.
  void roll(std::int64_t now_ms);
  // Calls since start by operation, in the order of names; for status.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> totals() const;

 private:
  struct Minute {
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;
    double usual = -1;  // moving average; negative: no past yet
    int idle_minutes = 0;
  };
  using Pair = std::pair<std::uint64_t, std::string_view>;  // tenant, operation (static names)

  mutable std::mutex mutex_;
  std::map<Pair, Minute> minutes_;
  std::map<std::string_view, std::uint64_t> totals_;
  std::int64_t minute_began_ms_ = -1;
};

}  // namespace conclave::hsm::keyd
