#include "runtime/factors/guess_limit.hpp"

#include <algorithm>

namespace conclave::factors {

namespace {
constexpr int kMostDoublings = 20;
}  // namespace

std::int64_t GuessLimit::wait_ms(const std::string& key, std::int64_t now_ms) const {
  const auto bucket = buckets_.find(key);
  if (bucket == buckets_.end()) return 0;
  return std::max<std::int64_t>(0, bucket->second.blocked_until_ms - now_ms);
}

void GuessLimit::started(const std::string& key, bool known, std::int64_t now_ms) {
  if (buckets_.size() >= limits_.buckets && !buckets_.contains(key)) make_room(now_ms);
  const Rule& rule = known ? limits_.known : limits_.strange;
  Bucket& bucket = buckets_[key];
  const std::int64_t forgotten = (now_ms - bucket.updated_ms) / limits_.forget_ms;
  const std::int64_t left = std::max<std::int64_t>(0, bucket.wrong - forgotten);
  bucket.wrong = static_cast<int>(left) + 1;
  bucket.updated_ms = now_ms;
  bucket.blocked_before_ms = bucket.blocked_until_ms;
  if (bucket.wrong < rule.free) return;
  const int doublings = std::min(bucket.wrong - rule.free, kMostDoublings);
  const std::int64_t delay_ms = std::min(rule.first_ms << doublings, rule.cap_ms);
  bucket.blocked_until_ms = std::max(bucket.blocked_until_ms, now_ms + delay_ms);
}

void GuessLimit::withdrawn(const std::string& key) {
  const auto bucket = buckets_.find(key);
  if (bucket == buckets_.end()) return;
  bucket->second.wrong = std::max(0, bucket->second.wrong - 1);
  bucket->second.blocked_until_ms = bucket->second.blocked_before_ms;
}

void GuessLimit::make_room(std::int64_t now_ms) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return entry.second.blocked_until_ms <= now_ms; });
  // Still full: a flood over very many users, each of whom has used up the free answers. Those that
  // wait shortest go.
  while (buckets_.size() >= limits_.buckets) {
    buckets_.erase(std::ranges::min_element(
        buckets_, {}, [](const auto& entry) { return entry.second.blocked_until_ms; }));
  }
}

}  // namespace conclave::factors
