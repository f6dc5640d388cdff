#include "runtime/async/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "runtime/base/assert.hpp"

namespace conclave::async {

struct TaskGroup::State {
  boost::asio::any_io_executor executor;
  std::size_t running = 0;
  bool closed = false;
  std::function<void()> drained;

  void ended() {
    --running;
    if (closed && running == 0 && drained) std::exchange(drained, {})();
  }
};

TaskGroup::TaskGroup(boost::asio::any_io_executor executor) : state_(std::make_shared<State>()) {
  state_->executor = std::move(executor);
}

TaskGroup::~TaskGroup() {
  CONCLAVE_ASSERT(state_->running == 0);
}

bool TaskGroup::spawn(Task<void> task) {
  if (state_->closed) return false;
  ++state_->running;
  boost::asio::co_spawn(state_->executor, std::move(task),
                        [state = state_](std::exception_ptr error) {
                          CONCLAVE_ASSERT(error == nullptr);
                          state->ended();
                        });
  return true;
}

void TaskGroup::close(std::function<void()> drained) {
  state_->closed = true;
  state_->drained = std::move(drained);
  if (state_->running == 0 && state_->drained) {
    boost::asio::post(state_->executor, std::exchange(state_->drained, {}));
  }
}

std::size_t TaskGroup::running() const {
  return state_->running;
}

}  // namespace conclave::async
