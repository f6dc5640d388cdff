#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/async/task.hpp"

namespace conclave::chat {

// Starts all calls at once and waits for every answer; answers are in the order of the calls. Calls
// may be answered on any threads.
template <class T>
[[nodiscard]] Task<std::vector<Result<T>>> gather(
    std::vector<std::move_only_function<void(Callback<T>)>> calls) {
  struct Slots {
    std::atomic<std::size_t> missing;
    std::vector<std::optional<Result<T>>> answers;
    Callback<std::vector<Result<T>>> done;
  };
  if (calls.empty()) co_return std::vector<Result<T>>{};
  auto all = co_await async::await_callback<std::vector<Result<T>>>([&](auto done) {
    auto slots = std::make_shared<Slots>();  // shared by the callbacks of the calls
    slots->missing = calls.size();
    slots->answers.resize(calls.size());
    slots->done = std::move(done);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      calls[i]([slots, i](Result<T> answer) {
        slots->answers[i] = std::move(answer);
        if (slots->missing.fetch_sub(1) != 1) return;
        std::vector<Result<T>> out;
        for (auto& each : slots->answers) out.push_back(std::move(*each));
        slots->done(std::move(out));
      });
    }
  });
  co_return std::move(*all);
}

}  // namespace conclave::chat
