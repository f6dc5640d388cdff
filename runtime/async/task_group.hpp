#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "runtime/async/task.hpp"

namespace conclave::async {

// Owns coroutines of one executor. All calls on that executor's thread. An exception that leaves a
// coroutine is a defect of a third party that was not caught at its seam: the process stops.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  ~TaskGroup();  // asserts that nothing runs any more
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts a coroutine; refused (returns false) after close().
  bool spawn(Task<void> task);
  // No new coroutines; `drained` is called on the executor once the last one has ended.
  void close(std::function<void()> drained);
  [[nodiscard]] std::size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the completion handlers of running coroutines
};

}  // namespace conclave::async
