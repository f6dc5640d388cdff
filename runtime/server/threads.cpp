#include "runtime/server/threads.hpp"

#include <pthread.h>
#include <sched.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace conclave::server {
namespace {

constexpr std::chrono::seconds kFinishLimit{5};

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

}  // namespace

struct Threads::Loop {
  explicit Loop(std::string thread_name)
      : name(std::move(thread_name)), context(1), work(boost::asio::make_work_guard(context)) {
    thread = std::thread([this] {
      pthread_setname_np(pthread_self(), name.c_str());
      context.run();
      const std::lock_guard lock(mutex);
      ended = true;
      wake.notify_all();
    });
  }

  void finish() {
    work.reset();
    {
      std::unique_lock lock(mutex);
      if (!wake.wait_for(lock, kFinishLimit, [this] { return ended; })) context.stop();
    }
    if (thread.joinable()) thread.join();
  }

  std::string name;
  boost::asio::io_context context;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
  std::mutex mutex;
  std::condition_variable wake;
  bool ended = false;
  std::thread thread;
};

Threads::Threads(std::size_t io_threads) : io_threads_(io_threads) {
  for (std::size_t i = 0; i < io_threads; ++i) {
    loops_.push_back(std::make_unique<Loop>("io-" + std::to_string(i)));
  }
  if (usable_processors() > 1) loops_.push_back(std::make_unique<Loop>("shard-0"));
}

Threads::~Threads() {
  finish();
}

std::vector<boost::asio::any_io_executor> Threads::io() const {
  std::vector<boost::asio::any_io_executor> out;
  for (std::size_t i = 0; i < io_threads_; ++i) out.emplace_back(loops_[i]->context.get_executor());
  return out;
}

boost::asio::any_io_executor Threads::shard() const {
  const bool own = loops_.size() > io_threads_;
  return (own ? loops_.back() : loops_.front())->context.get_executor();
}

void Threads::finish() {
  for (auto& loop : loops_) loop->finish();
}

}  // namespace conclave::server
