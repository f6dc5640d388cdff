#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace conclave::async {

// Named threads for calls that block (Argon2id, TLS handshakes). The queue is bounded; when it is
// full, submit() refuses and the caller sheds the work. Any thread may submit.
class BlockingPool {
 public:
  using Job = std::move_only_function<void()>;

  // `name` labels the threads (at most 15 characters are shown).
  BlockingPool(std::string name, std::size_t threads, std::size_t queue_limit);
  ~BlockingPool();  // runs what is queued, then joins
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // False when the queue is full or the pool is stopping; the job is then dropped.
  [[nodiscard]] bool submit(Job job);
  // Jobs waiting, for metrics and shedding.
  [[nodiscard]] std::size_t waiting() const;
  // Finishes what is queued and joins; later submits are refused. Idempotent.
  void stop();

 private:
  void run(const std::string& name);

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::size_t queue_limit_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace conclave::async
