#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace conclave::wire {

// A connection as its I/O thread sees it, in whatever phase it is.
class LoopMember {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~LoopMember() = default;
  // Called every Loop::interval(): the place for all deadlines, so that a session needs no timer.
  virtual void tick(Clock::time_point now) = 0;
  // Asked for with Loop::flush_later(): what was queued meanwhile leaves in one go.
  virtual void flush() {}
  // The server stops: finish politely and leave.
  virtual void drain() = 0;
  // The time for politeness is over: leave now.
  virtual void cut() = 0;

 private:
  friend class Loop;
  std::size_t slot_ = 0;
};

// The connections of one I/O thread and their clock. That thread only, but for post().
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(boost::asio::any_io_executor executor, std::chrono::milliseconds interval);

  void start();
  void add(std::shared_ptr<LoopMember> member);
  void remove(LoopMember& member);
  // Calls flush() once what is ready on this thread has run: many members, one wake-up.
  void flush_later(std::shared_ptr<LoopMember> member);
  // Each member drains at its moment within `spread`, what is left is cut a little later; `done`
  // once there is no member any more.
  void drain(std::chrono::milliseconds spread, std::function<void()> done);
  // Forgets members without a word; after the I/O threads have ended.
  void abandon();

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }

  // A close handshake may take this long (RFC 6455 leaves it to the server).
  static constexpr std::chrono::seconds kGoodbye{5};

 private:
  void wait();
  void tick();
  void drain_some(std::chrono::steady_clock::time_point now);

  boost::asio::any_io_executor executor_;
  const std::chrono::milliseconds interval_;
  boost::asio::steady_timer timer_;
  std::vector<std::shared_ptr<LoopMember>> members_;  // shared with pending I/O handlers
  std::vector<std::shared_ptr<LoopMember>> to_flush_;
  // While draining: how many of the members at its start are still to be told, and when it began.
  std::size_t drain_left_ = 0;
  std::size_t drain_total_ = 0;
  std::chrono::steady_clock::time_point drain_began_;
  std::chrono::milliseconds drain_spread_{0};
  std::function<void()> drained_;
  bool draining_ = false;
};

}  // namespace conclave::wire
