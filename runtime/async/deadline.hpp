#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "runtime/async/task.hpp"

namespace conclave::async {

// Resumes after `delay` on the caller's executor; returns early (without error) when cancelled.
[[nodiscard]] Task<void> sleep_for(std::chrono::milliseconds delay);

// A callback that answers kTimeout by itself when `done` was not called within `limit`. Later calls
// of the returned callback are dropped. `executor` runs the timer.
template <class T>
[[nodiscard]] Callback<T> with_deadline(boost::asio::any_io_executor executor,
                                        std::chrono::milliseconds limit, Callback<T> done) {
  struct Race {
    explicit Race(boost::asio::any_io_executor e) : timer(std::move(e)) {}
    boost::asio::steady_timer timer;
    Callback<T> done;
  };
  // Shared by the timer and the returned callback: whichever comes first takes `done`.
  auto race = std::make_shared<Race>(executor);
  race->done = std::move(done);
  race->timer.expires_after(limit);
  race->timer.async_wait([race](const boost::system::error_code& error) {
    if (!error && race->done) std::exchange(race->done, {})(fail(base::kTimeout));
  });
  return [race, executor](Result<T> result) mutable {
    boost::asio::post(executor, [race, result = std::move(result)]() mutable {
      race->timer.cancel();
      if (race->done) std::exchange(race->done, {})(std::move(result));
    });
  };
}

}  // namespace conclave::async
