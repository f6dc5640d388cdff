#include "runtime/wire/loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "runtime/base/assert.hpp"

namespace conclave::wire {

Loop::Loop(boost::asio::any_io_executor executor, std::chrono::milliseconds interval)
    : executor_(std::move(executor)), interval_(interval), timer_(executor_) {}

void Loop::start() {
  wait();
}

void Loop::wait() {
  timer_.expires_after(draining_ ? std::min(interval_, std::chrono::milliseconds(50)) : interval_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->tick();
  });
}

void Loop::add(std::shared_ptr<LoopMember> member) {
  member->slot_ = members_.size();
  members_.push_back(std::move(member));
  // Too late to be asked nicely: it came in while the others were leaving.
  if (draining_) {
    const auto last = members_.back();
    last->drain();
  }
}

void Loop::remove(LoopMember& member) {
  const std::size_t slot = member.slot_;
  CONCLAVE_ASSERT(slot < members_.size() && members_[slot].get() == &member);
  const auto leaving = std::move(members_[slot]);
  if (slot + 1 != members_.size()) {
    members_[slot] = std::move(members_.back());
    members_[slot]->slot_ = slot;
  }
  members_.pop_back();
}

void Loop::flush_later(std::shared_ptr<LoopMember> member) {
  to_flush_.push_back(std::move(member));
  if (to_flush_.size() > 1) return;
  boost::asio::post(executor_, [self = shared_from_this()] {
    for (const auto& each : std::exchange(self->to_flush_, {})) each->flush();
  });
}

void Loop::tick() {
  const auto now = std::chrono::steady_clock::now();
  if (draining_) drain_some(now);
  // Backwards: a member that leaves is replaced by one that was ticked already.
  for (std::size_t i = members_.size(); i-- > 0;) {
    if (i >= members_.size()) continue;
    const auto member = members_[i];
    member->tick(now);
  }
  if (draining_ && members_.empty()) {
    if (auto done = std::exchange(drained_, {})) done();
    return;
  }
  wait();
}

void Loop::drain(std::chrono::milliseconds spread, std::function<void()> done) {
  draining_ = true;
  drained_ = std::move(done);
  drain_began_ = std::chrono::steady_clock::now();
  drain_spread_ = spread;
  drain_total_ = drain_left_ = members_.size();
  timer_.cancel();
  tick();
}

void Loop::drain_some(std::chrono::steady_clock::time_point now) {
  const auto passed = now - drain_began_;
  if (passed > drain_spread_ + kGoodbye + std::chrono::seconds(1)) {
    for (std::size_t i = members_.size(); i-- > 0;) {
      if (i >= members_.size()) continue;
      const auto member = members_[i];
      member->cut();
    }
    return;
  }
  const double share =
      drain_spread_.count() == 0 ? 1.0 : std::chrono::duration<double>(passed) / drain_spread_;
  const auto due =
      static_cast<std::size_t>(static_cast<double>(drain_total_) * std::min(1.0, share));
  // The oldest slots last; members that left by themselves make the rest come earlier.
  while (drain_total_ - drain_left_ < due && drain_left_ > 0) {
    --drain_left_;
    if (drain_left_ < members_.size()) {
      const auto member = members_[drain_left_];
      member->drain();
    }
  }
}

void Loop::abandon() {
  timer_.cancel();
  to_flush_.clear();
  members_.clear();
}

}  // namespace conclave::wire
