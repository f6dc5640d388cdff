#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "runtime/base/ids.hpp"

namespace conclave::hsm::keyd {

// Password MACs an account: thirty at once, then one every two seconds. keyd keeps this itself, so
// that a compromised conclaved with the password table cannot guess faster. On the token's thread.
class AccountLimits {
 public:
  // 0: allowed; else milliseconds until the next attempt.
  std::int64_t take(TenantId tenant, UserId account, std::int64_t now_ms) {
    if (buckets_.size() >= kMostAccounts) {
      // A full bucket says nothing; what is left afterwards are accounts under attack.
      std::erase_if(buckets_, [&](const auto& entry) { return entry.second.debt_ms <= now_ms; });
      if (buckets_.size() >= kMostAccounts) return kPerAttempt_ms;
    }
    auto& bucket = buckets_[tenant.value * 0x9e3779b97f4a7c15ULL ^ account.value];
    const auto debt = std::max(bucket.debt_ms, now_ms) + kPerAttempt_ms;
    if (debt - now_ms > kBurst * kPerAttempt_ms) return debt - now_ms - kBurst * kPerAttempt_ms;
    bucket.debt_ms = debt;
    return 0;
  }

 private:
  static constexpr std::int64_t kPerAttempt_ms = 2'000;
  static constexpr std::int64_t kBurst = 30;
  static constexpr std::size_t kMostAccounts = 100'000;

  struct Bucket {
    std::int64_t debt_ms = 0;  // the time at which the account has all its attempts again
  };
  std::unordered_map<std::uint64_t, Bucket> buckets_;
};

}  // namespace conclave::hsm::keyd
