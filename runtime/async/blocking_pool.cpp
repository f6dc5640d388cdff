#include "runtime/async/blocking_pool.hpp"

#include <pthread.h>

namespace conclave::async {

BlockingPool::BlockingPool(std::string name, std::size_t threads, std::size_t queue_limit)
    : queue_limit_(queue_limit) {
  name.resize(std::min<std::size_t>(name.size(), 15));
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, name] { run(name); });
}

BlockingPool::~BlockingPool() {
  stop();
}

bool BlockingPool::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

std::size_t BlockingPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void BlockingPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void BlockingPool::run(const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

}  // namespace conclave::async
