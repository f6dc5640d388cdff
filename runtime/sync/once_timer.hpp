#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace conclave::sync {

// Calls a function once, some time later, on its executor; not after it was destroyed or cancelled.
// All calls on that executor.
class OnceTimer {
 public:
  OnceTimer(boost::asio::any_io_executor executor, std::function<void()> action)
      : timer_(std::move(executor)), state_(std::make_shared<State>()) {
    state_->action = std::move(action);
  }
  ~OnceTimer() { cancel(); }
  OnceTimer(const OnceTimer&) = delete;
  OnceTimer& operator=(const OnceTimer&) = delete;

  // No effect while it is armed: what comes in meanwhile is part of the same call.
  void arm(std::int64_t delay_ms) {
    if (state_->armed) return;
    state_->armed = true;
    timer_.expires_after(std::chrono::milliseconds(delay_ms));
    timer_.async_wait([state = state_, round = ++state_->round](const auto&) {
      if (!state->armed || state->round != round) return;
      state->armed = false;
      state->action();
    });
  }
  void cancel() {
    state_->armed = false;
    timer_.cancel();
  }
  [[nodiscard]] bool armed() const { return state_->armed; }

 private:
  struct State {
    std::function<void()> action;
    bool armed = false;
    std::uint64_t round = 0;
  };
  boost::asio::steady_timer timer_;
  std::shared_ptr<State> state_;  // shared with a wait that is on its way
};

}  // namespace conclave::sync
