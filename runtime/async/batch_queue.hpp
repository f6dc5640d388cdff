#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace conclave::async {

// Carries items from any thread to one executor, many at a wake-up: the consumer is posted once
// when the queue becomes non-empty and receives all that has gathered. The bound is advisory:
// push() accepts every item (nothing is lost) and returns false from the limit on, upon which the
// producer must stop reading from its source until the consumer has caught up (`below_limit` is
// then called on the consumer's executor).
template <class Item>
class BatchQueue {
 public:
  using Consumer = std::function<void(std::vector<Item>)>;

  BatchQueue(boost::asio::any_io_executor executor, std::size_t limit, Consumer consumer)
      : state_(std::make_shared<State>(std::move(executor), limit, std::move(consumer))) {}
  ~BatchQueue() { close(); }
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  bool push(Item item) {
    bool wake = false;
    bool below = true;
    {
      const std::lock_guard lock(state_->mutex);
      wake = state_->items.empty();
      state_->items.push_back(std::move(item));
      below = state_->items.size() < state_->limit;
    }
    if (wake) {
      boost::asio::post(state_->executor, [state = state_] { state->drain(); });
    }
    return below;
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(state_->mutex);
    return state_->items.size();
  }

  // The consumer is not called any more. On the consumer's executor only.
  void close() { state_->consumer = nullptr; }

 private:
  struct State {
    State(boost::asio::any_io_executor e, std::size_t l, Consumer c)
        : executor(std::move(e)), limit(l), consumer(std::move(c)) {}

    void drain() {
      std::vector<Item> batch;
      {
        const std::lock_guard lock(mutex);
        batch.swap(items);
      }
      if (consumer && !batch.empty()) consumer(std::move(batch));
    }

    boost::asio::any_io_executor executor;
    std::size_t limit;
    Consumer consumer;  // used on the executor only
    std::mutex mutex;
    std::vector<Item> items;
  };
  std::shared_ptr<State> state_;  // shared with a drain that is posted but has not run
};

}  // namespace conclave::async
