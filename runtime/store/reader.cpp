#include "runtime/store/reader.hpp"

#include <pthread.h>

#include "runtime/store/errors.hpp"

namespace conclave::store {

Reader::Reader(ReadTables tables, std::size_t queue_limit)
    : tables_(std::move(tables)), queue_limit_(queue_limit) {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "store-reader");
    loop();
  });
}

Reader::~Reader() {
  stop();
}

void Reader::submit(Job job) {
  const ErrorSpec* refusal = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refusal = &base::kShuttingDown;
    } else if (queue_.size() >= queue_limit_) {
      refusal = &kStoreBusy;
    } else {
      queue_.push_back(std::move(job));
    }
  }
  if (refusal != nullptr) return job(fail(*refusal));
  wake_.notify_one();
}

std::size_t Reader::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Reader::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Reader::loop() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) break;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job(&*tables_);
  }
  tables_.reset();
}

}  // namespace conclave::store
