#include "hsm/keyd/work_queue.hpp"

#include <algorithm>

namespace conclave::hsm::keyd {
namespace {

struct LaneRule {
  double weight;
  std::size_t jobs;
  std::size_t bytes;
};
constexpr std::array<LaneRule, kLaneCount> kRules = {
    LaneRule{6, 8'192, 64U << 20U},  // sealing
    LaneRule{3, 2'048, 4U << 20U},   // tls
    LaneRule{2, 8'192, 16U << 20U},  // typed
    LaneRule{1, 64, 4U << 20U},      // maintenance
};

// Longer than this nobody should wait: the callers' deadline is two seconds and a little.
constexpr double kLongestWait_ns = 1.5e9;
// Of the moving average: a token that becomes slow is noticed at once, one that recovers is trusted
// slowly.
constexpr double kNewestShareRising = 0.5;
constexpr double kNewestShareFalling = 0.05;

std::size_t index(Lane lane) {
  return static_cast<std::size_t>(lane);
}

}  // namespace

bool WorkQueue::submit(Job job) {
  const auto lane = job.operation->lane;
  const auto& rule = kRules[index(lane)];
  {
    const std::lock_guard lock(mutex_);
    auto& queue = lanes_[index(lane)];
    const auto waiting = static_cast<double>(queue.jobs.size());
    if (queue.jobs.size() >= rule.jobs || queue.bytes + job.payload.size() > rule.bytes ||
        waiting * queue.cost_ns > kLongestWait_ns) {
      return false;
    }
    enqueue(queue, std::move(job));
  }
  wake_.notify_one();
  return true;
}

void WorkQueue::resume(Job job) {
  const std::lock_guard lock(mutex_);
  enqueue(lanes_[index(job.operation->lane)], std::move(job));
}

void WorkQueue::enqueue(Queue& queue, Job job) {
  // Whoever was idle starts with the present, not with the time it did not use.
  if (queue.jobs.empty()) queue.virtual_time = std::max(queue.virtual_time, virtual_now_);
  queue.bytes += job.payload.size();
  queue.jobs.push_back(std::move(job));
}

std::optional<Job> WorkQueue::next(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] {
    return woken_ || std::ranges::any_of(lanes_, [](const Queue& q) { return !q.jobs.empty(); });
  };
  wake_.wait_for(lock, limit, ready);
  woken_ = false;
  Queue* chosen = nullptr;
  for (auto& queue : lanes_) {
    if (queue.jobs.empty()) continue;
    if (chosen == nullptr || queue.virtual_time < chosen->virtual_time) chosen = &queue;
  }
  if (chosen == nullptr) return std::nullopt;
  virtual_now_ = chosen->virtual_time;
  Job job = std::move(chosen->jobs.front());
  chosen->jobs.pop_front();
  chosen->bytes -= job.payload.size();
  return job;
}

void WorkQueue::charge(Lane lane, std::chrono::nanoseconds cost) {
  const std::lock_guard lock(mutex_);
  auto& queue = lanes_[index(lane)];
  const auto spent = static_cast<double>(cost.count());
  queue.virtual_time += spent / kRules[index(lane)].weight;
  const auto share = spent > queue.cost_ns ? kNewestShareRising : kNewestShareFalling;
  queue.cost_ns += share * (spent - queue.cost_ns);
}

void WorkQueue::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

std::size_t WorkQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const auto& queue : lanes_) total += queue.jobs.size();
  return total;
}

}  // namespace conclave::hsm::keyd
