#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/base/error.hpp"

// Coroutines. Rules: parameters by value; no capturing lambda as a coroutine; nothing runs outside
// a TaskGroup; no mutex is held across co_await; every wait for the outside has a deadline.
namespace conclave::async {

template <class T>
using Task = boost::asio::awaitable<T>;

// How a service answers from another thread: called exactly once, on the service's own thread, and
// must return quickly (post the work elsewhere).
template <class T>
using Callback = std::move_only_function<void(Result<T>)>;

// Waits for a callback-style call and resumes on the awaiting coroutine's executor:
//   auto tags = co_await await_callback<Tags>([&](Callback<Tags> done) { keys.row_mac(rows,
//   std::move(done)); });
// `start` runs at once on the caller's thread.
template <class T, class Start>
[[nodiscard]] Task<Result<T>> await_callback(Start start) {
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                 void(Result<T>)>(
      [](auto handler, Start begin) {
        auto executor = boost::asio::get_associated_executor(handler);
        // Shared because std::move_only_function needs a movable target and Asio's awaitable
        // handler is move-only too; one owner at a time.
        begin(Callback<T>([executor, held = std::make_unique<decltype(handler)>(
                                         std::move(handler))](Result<T> result) mutable {
          boost::asio::post(executor,
                            [held = std::move(held), result = std::move(result)]() mutable {
                              std::move (*held)(std::move(result));
                            });
        }));
      },
      boost::asio::use_awaitable, std::move(start));
}

}  // namespace conclave::async

namespace conclave {
using async::Callback;
using async::Task;
}  // namespace conclave
