#include "runtime/wire/gate.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "runtime/base/assert.hpp"

namespace conclave::wire {

Gate::Gate(Limits limits, Now now) : limits_(limits), now_(std::move(now)) {}

void Gate::refill(Entry& entry, std::chrono::steady_clock::time_point now) const {
  const double rate = static_cast<double>(limits_.new_per_address_per_s);
  const std::chrono::duration<double> passed = now - entry.filled;
  entry.tokens = std::min(rate, entry.tokens + passed.count() * rate);
  entry.filled = now;
}

Refusal Gate::enter(const std::string& key) {
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  if (open_ >= limits_.connections) return Refusal::connections;
  if (entries_.size() >= sweep_at_) forget_idle(now);
  auto [found, fresh] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (fresh) {
    entry.tokens = static_cast<double>(limits_.new_per_address_per_s);
    entry.filled = now;
  }
  refill(entry, now);
  if (entry.open >= limits_.per_address) return Refusal::per_address;
  if (entry.tokens < 1) return Refusal::rate;
  entry.tokens -= 1;
  ++entry.open;
  ++open_;
  return Refusal::none;
}

void Gate::leave(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  CONCLAVE_ASSERT(found != entries_.end() && found->second.open > 0 && open_ > 0);
  --found->second.open;
  --open_;
}

// A full bucket remembers nothing that a new one would not.
void Gate::forget_idle(std::chrono::steady_clock::time_point now) {
  const double full = static_cast<double>(limits_.new_per_address_per_s);
  std::erase_if(entries_, [&](const auto& each) {
    Entry entry = each.second;
    refill(entry, now);
    return entry.open == 0 && entry.tokens >= full;
  });
  sweep_at_ = std::max<std::size_t>(1024, entries_.size() * 2);
}

std::size_t Gate::connections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::size_t Gate::addresses() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

GateTicket& GateTicket::operator=(GateTicket&& other) noexcept {
  if (this != &other) {
    if (gate_) gate_->leave(key_);
    gate_ = std::move(other.gate_);
    key_ = std::move(other.key_);
  }
  return *this;
}

GateTicket::~GateTicket() {
  if (gate_) gate_->leave(key_);
}

std::string gate_key(std::string_view address) {
  boost::system::error_code bad;
  auto parsed = boost::asio::ip::make_address(address, bad);
  if (bad) return std::string(address);
  if (parsed.is_v6() && parsed.to_v6().is_v4_mapped()) {
    parsed = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, parsed.to_v6());
  }
  if (parsed.is_v4()) {
    const auto bytes = parsed.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = parsed.to_v6().to_bytes();
  return {bytes.begin(), bytes.begin() + 8};
}

}  // namespace conclave::wire
