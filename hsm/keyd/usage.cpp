#include "hsm/keyd/usage.hpp"

#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::int64_t kMinute_ms = 60'000;
constexpr std::uint64_t kAlarmFloor = 1'000;  // calls a minute that are never unusual
constexpr double kAlarmFactor = 10;
constexpr double kNewestShare = 0.2;
constexpr int kForgetAfterMinutes = 24 * 60;
constexpr std::size_t kMostPairs = 65'536;

}  // namespace

void Usage::count(TenantId tenant, std::string_view operation, std::uint64_t amount, bool good) {
  const std::lock_guard lock(mutex_);
  totals_[operation] += amount;
  const Pair pair{tenant.value, operation};
  auto found = minutes_.find(pair);
  if (found == minutes_.end()) {
    // Tenants are few; a flood of invented ones is counted together.
    found = minutes_.try_emplace(minutes_.size() < kMostPairs ? pair : Pair{0, operation}).first;
  }
  found->second.calls += amount;
  if (!good) ++found->second.failed;
}

void Usage::roll(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (minute_began_ms_ < 0) minute_began_ms_ = now_ms;
  if (now_ms - minute_began_ms_ < kMinute_ms) return;
  minute_began_ms_ = now_ms;
  for (auto entry = minutes_.begin(); entry != minutes_.end();) {
    auto& [pair, minute] = *entry;
    const auto tenant = TenantId{pair.first};
    const auto calls = static_cast<double>(minute.calls);
    if (minute.calls > 0) {
      observe::info("keyd.usage", {{"tenant", tenant},
                                   {"operation", pair.second},
                                   {"calls", minute.calls},
                                   {"failed", minute.failed}});
    }
    if (minute.usual >= 0 && minute.calls > kAlarmFloor && calls > kAlarmFactor * minute.usual) {
      observe::warn("keyd.rate_unusual", {{"tenant", tenant},
                                          {"operation", pair.second},
                                          {"calls", minute.calls},
                                          {"usual", minute.usual}});
    }
    minute.usual = minute.usual < 0 ? calls : minute.usual + kNewestShare * (calls - minute.usual);
    minute.idle_minutes = minute.calls == 0 ? minute.idle_minutes + 1 : 0;
    minute.calls = 0;
    minute.failed = 0;
    entry = minute.idle_minutes > kForgetAfterMinutes ? minutes_.erase(entry) : std::next(entry);
  }
}

std::vector<std::pair<std::string, std::uint64_t>> Usage::totals() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (const auto& [operation, calls] : totals_) out.emplace_back(operation, calls);
  return out;
}

}  // namespace conclave::hsm::keyd
