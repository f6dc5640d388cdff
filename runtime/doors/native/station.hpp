#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <vector>

#include "runtime/async/batch_queue.hpp"
#include "runtime/doors/native/link.hpp"

namespace conclave::doors::native {

class Connection;

// The connections of one I/O thread and the queue that the shard fills for them. All members but
// send() on that thread.
class Station {
 public:
  // Above `outbox_limit` frames on their way, events that may be lost are not sent any more;
  // answers and log events always are (their number is bounded by the requests and commits in
  // flight).
  Station(std::uint16_t number, boost::asio::any_io_executor executor, std::size_t outbox_limit);
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;

  [[nodiscard]] ConnectionRef add(Connection& connection);
  void remove(ConnectionRef ref);
  // The connection waits for Reading{true}; it has paused its socket.
  void wait_for_reading(ConnectionRef ref) { waiting_.push_back(ref); }
  [[nodiscard]] bool reading_allowed() const { return reading_allowed_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }

  // From the shard's thread. False: above the limit.
  bool send(Outbound item);
  [[nodiscard]] bool crowded() const { return crowded_.load(std::memory_order_relaxed); }
  // No more frames are taken from the shard.
  void close() { outbox_.close(); }

 private:
  struct Slot {
    Connection* connection = nullptr;
    std::uint32_t generation = 0;
  };
  void handle(std::vector<Outbound> batch);
  void handle(Reply& item);
  void handle(Push& item);
  void handle(Close& item);
  void handle(Reading& item);
  [[nodiscard]] Connection* find(ConnectionRef ref) const;

  std::uint16_t number_;
  boost::asio::any_io_executor executor_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<ConnectionRef> waiting_;
  bool reading_allowed_ = true;
  std::atomic<bool> crowded_{false};
  async::BatchQueue<Outbound> outbox_;
};

}  // namespace conclave::doors::native
