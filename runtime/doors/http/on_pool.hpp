#pragma once

#include <memory>
#include <utility>

#include "runtime/async/blocking_pool.hpp"
#include "runtime/async/task.hpp"
#include "runtime/doors/http/errors.hpp"

namespace conclave::doors::http {

// Runs `work`, which blocks and answers a Result<T>, on the pool; resumes the caller with what it
// answers, or with kOverloaded when the pool's queue is full.
template <class T, class Work>
[[nodiscard]] Task<Result<T>> on_pool(async::BlockingPool& pool, Work work) {
  co_return co_await async::await_callback<T>([&pool, &work](Callback<T> done) {
    // Shared by the job and this refusal path: submit() destroys a job that it refuses.
    auto answer = std::make_shared<Callback<T>>(std::move(done));
    const bool queued =
        pool.submit([answer, job = std::move(work)]() mutable { (*answer)(job()); });
    if (!queued) (*answer)(fail(kOverloaded));
  });
}

}  // namespace conclave::doors::http
