#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "runtime/store/read_tables.hpp"

namespace conclave::store {

// A thread with a connection of its own for reads, and a bounded queue.
class Reader {
 public:
  // Called once: with the tables on the reader's thread, or with the reason for a refusal.
  using Job = std::move_only_function<void(Result<ReadTables*>)>;

  Reader(ReadTables tables, std::size_t queue_limit);
  ~Reader();  // stop()
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Any thread. Refuses on the caller's thread: kStoreBusy when the queue is full, kShuttingDown.
  void submit(Job job);
  [[nodiscard]] std::size_t waiting() const;
  // Does what waits, then closes the connection. Blocks.
  void stop();

 private:
  void loop();

  std::optional<ReadTables> tables_;  // the thread's
  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace conclave::store
