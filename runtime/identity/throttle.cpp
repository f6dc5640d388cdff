#include "runtime/identity/throttle.hpp"

#include <algorithm>
#include <cmath>

namespace conclave::identity {

namespace {

constexpr double kMinuteMs = 60'000;
constexpr std::int64_t kKnownPlaceMs = 30LL * 24 * 3600 * 1000;
constexpr double kMaxDoublings = 20;

std::string place_key(const Throttle::Attempt& attempt) {
  return "p|" + attempt.account + "|" + attempt.address;
}

}  // namespace

Throttle::Throttle(Limits limits) : limits_(limits) {}

bool Throttle::known(const Attempt& attempt, std::int64_t now_ms) const {
  if (!attempt.device.empty()) return true;
  const auto place = buckets_.find(place_key(attempt));
  return place != buckets_.end() && place->second.known_until_ms > now_ms;
}

std::string Throttle::guess_key(const Attempt& attempt, std::int64_t now_ms) const {
  // The address is part of a device's bucket: whoever learns a device's id cannot fill it from
  // elsewhere.
  if (!attempt.device.empty()) return "d|" + attempt.device + "|" + attempt.address;
  return known(attempt, now_ms) ? place_key(attempt) : "u|" + attempt.account;
}

const Throttle::Rule& Throttle::guess_rule(const Attempt& attempt, std::int64_t now_ms) const {
  return known(attempt, now_ms) ? limits_.known : limits_.account;
}

std::int64_t Throttle::wait_of(const std::string& key, std::int64_t now_ms) const {
  const auto bucket = buckets_.find(key);
  if (bucket == buckets_.end()) return 0;
  return std::max<std::int64_t>(0, bucket->second.blocked_until_ms - now_ms);
}

std::int64_t Throttle::wait_ms(const Attempt& attempt, std::int64_t now_ms) const {
  const std::int64_t guess = wait_of(guess_key(attempt, now_ms), now_ms);
  if (known(attempt, now_ms)) return guess;
  return std::max(
      {guess, wait_of("a|" + attempt.address, now_ms), wait_of("t|" + attempt.tenant, now_ms)});
}

void Throttle::count(const std::string& key, const Rule& rule, std::int64_t now_ms) {
  if (buckets_.size() >= limits_.buckets && !buckets_.contains(key)) make_room(now_ms);
  Bucket& bucket = buckets_[key];
  const double age_ms = static_cast<double>(now_ms - bucket.updated_ms);
  bucket.per_minute = rule.free;
  bucket.failures = std::max(0.0, bucket.failures - age_ms * rule.free / kMinuteMs) + 1;
  bucket.updated_ms = now_ms;
  if (bucket.failures <= rule.free) return;
  const double doublings = std::min(kMaxDoublings, std::floor(bucket.failures - rule.free));
  const double delay_ms = static_cast<double>(rule.first_ms) * std::exp2(doublings);
  const auto capped_ms =
      static_cast<std::int64_t>(std::min(delay_ms, static_cast<double>(rule.cap_ms)));
  bucket.blocked_until_ms = std::max(bucket.blocked_until_ms, now_ms + capped_ms);
}

void Throttle::started(const Attempt& attempt, std::int64_t now_ms) {
  count(guess_key(attempt, now_ms), guess_rule(attempt, now_ms), now_ms);
}

void Throttle::failed(const Attempt& attempt, std::int64_t now_ms) {
  count("a|" + attempt.address, limits_.address, now_ms);
  if (!known(attempt, now_ms)) count("t|" + attempt.tenant, limits_.tenant, now_ms);
}

void Throttle::withdrawn(const Attempt& attempt, std::int64_t now_ms) {
  const auto bucket = buckets_.find(guess_key(attempt, now_ms));
  if (bucket == buckets_.end()) return;
  bucket->second.failures = std::max(0.0, bucket->second.failures - 1);
  if (bucket->second.failures <= guess_rule(attempt, now_ms).free) {
    bucket->second.blocked_until_ms = 0;
  }
}

void Throttle::succeeded(const Attempt& attempt, std::int64_t now_ms) {
  withdrawn(attempt, now_ms);
  const std::string key = place_key(attempt);
  if (buckets_.size() >= limits_.buckets && !buckets_.contains(key)) make_room(now_ms);
  buckets_[key].known_until_ms = now_ms + kKnownPlaceMs;
}

void Throttle::make_room(std::int64_t now_ms) {
  const auto worth = [now_ms](const Bucket& bucket) {
    const double age_ms = static_cast<double>(now_ms - bucket.updated_ms);
    const double left = std::max(0.0, bucket.failures - age_ms * bucket.per_minute / kMinuteMs);
    return bucket.known_until_ms > now_ms ? left + 1 : left;
  };
  std::erase_if(buckets_, [&](const auto& entry) {
    return worth(entry.second) <= 0 && entry.second.blocked_until_ms <= now_ms;
  });
  if (buckets_.size() < limits_.buckets) return;
  // Still full: a flood from many places. Known places go first; they only spare a delay.
  std::erase_if(buckets_, [](const auto& entry) { return entry.second.known_until_ms > 0; });
  if (buckets_.size() >= limits_.buckets) buckets_.clear();
}

}  // namespace conclave::identity
