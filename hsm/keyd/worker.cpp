#include "hsm/keyd/worker.hpp"

#include <pthread.h>
#include <unistd.h>

#include <fstream>

#include "hsm/keyd/connection.hpp"
#include "hsm/keyd/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kIdle{100};
constexpr std::int64_t kSecond_ms = 1'000;
constexpr std::int64_t kDuePeriod_ms = 60'000;
// With the two seconds of a token call this is the callers' deadline; later work for them would
// only delay the others.
constexpr std::int64_t kTooOld_ms = 2'000;

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// The token knows a later epoch than keyring.db: an old copy was put in place. What was deleted in
// between stays dead; an operator must hear of it, since newer wrapped keys are missing.
void tell_rollback(Service& service) {
  const auto tenants = service.keyring.file().tenants();
  if (!tenants) return observe::error("keyring.unreadable", {{"error", tenants.error()}});
  for (const auto tenant : *tenants) {
    const auto row = service.keyring.file().tenant(tenant);
    if (!row || !*row || (*row)->next_epoch) continue;
    if (service.token().has(keyring::Keyring::ek_label(tenant, (*row)->epoch + 1))) {
      observe::error("keyring.rolled_back", {{"tenant", tenant}, {"epoch", (*row)->epoch}});
    }
  }
}

}  // namespace

Worker::Worker(Service& service, WorkQueue& queue, Hooks hooks)
    : service_(service), queue_(queue), hooks_(std::move(hooks)), thread_([this] {
        ::pthread_setname_np(::pthread_self(), "keyd-token");
        run();
      }) {}

void Worker::finish() {
  finishing_.store(true);
  queue_.wake();
  thread_.join();
}

void Worker::run() {
  while (true) {
    keep_open();
    auto job = queue_.next(kIdle);
    if (!job && finishing_.load()) break;
    if (job) execute(std::move(*job));
    tend();
  }
  service_.forget_handles();
  service_.keeper.shut();
}

void Worker::execute(Job job) {
  const auto& operation = *job.operation;
  if (operation.needs_token && !service_.keeper.is_open()) {
    return job.connection->refuse(job.id, service_.keeper.refusal());
  }
  if (!job.continuation && service_.clock.monotonic_ms() - job.arrived_ms > kTooOld_ms) {
    return job.connection->refuse(job.id, Error(api::kTokenBusy, "waited too long"));
  }
  const auto began = Clock::now();
  auto out = api::begin_frame(static_cast<std::uint8_t>(api::ReplyTag::done), job.id,
                              job.payload.size() + 64);
  Call call{.in = base::ByteReader(job.payload), .out = out, .tenant = {}, .weight = 1, .more = {}};
  Result<bool> outcome = false;
  if (job.continuation) {
    outcome = job.continuation(&service_, out);
  } else {
    const auto handled = operation.handler(service_, call);
    if (!handled) {
      outcome = std::unexpected(handled.error());
    } else {
      outcome = !call.more;
    }
    service_.usage.count(call.tenant, operation.name, call.weight, handled.has_value());
    if (call.more) job.continuation = std::move(call.more);
  }
  queue_.charge(operation.lane, Clock::now() - began);
  if (outcome && !*outcome && !finishing_.load()) return queue_.resume(std::move(job));
  answer(job, call, outcome, out);
  if (service_.keeper.is_open() && service_.keeper.token().lost()) {
    const Error why = outcome ? Error(api::kTokenUnavailable, "session lost") : outcome.error();
    service_.forget_handles();
    service_.keeper.close(why, service_.clock.monotonic_ms());
    hooks_.wake();
  }
}

void Worker::answer(Job& job, Call& call, const Result<bool>& outcome, base::ByteWriter& out) {
  if (outcome && *outcome) return job.connection->reply(api::finish_frame(std::move(out)));
  const Error error = outcome ? Error(base::kShuttingDown, "keyd is stopping") : outcome.error();
  job.connection->refuse(job.id, error);
  // What callers do wrong and what is broken is for keyd's own log; stale references are ordinary.
  if (!error.is(api::kKeyRefStale)) {
    observe::warn("keyd.refused",
                  {{"operation", job.operation->name}, {"tenant", call.tenant}, {"error", error}});
  }
}

void Worker::keep_open() {
  if (service_.keeper.is_open()) return;
  const auto before = service_.keeper.state();
  if (service_.keeper.try_open(service_.clock.monotonic_ms())) {
    service_.keyring.lend(service_.keeper.token());
    tell_rollback(service_);
  }
  if (service_.keeper.fatal()) {
    observe::error("keyd.cannot_work", {{"error", *service_.keeper.fatal()}});
    hooks_.stop(kExitConfiguration);
  }
  if (service_.keeper.state() != before) hooks_.wake();
}

void Worker::tend() {
  const auto now_ms = service_.clock.monotonic_ms();
  if (now_ms < next_second_ms_) return;
  next_second_ms_ = now_ms + kSecond_ms;
  service_.usage.roll(now_ms);
  if (!service_.keeper.is_open()) return;
  if (!service_.keeper.check_alive()) {
    service_.forget_handles();
    service_.keeper.close(Error(api::kTokenUnavailable, "the token gave no sign of life"), now_ms);
    return hooks_.wake();
  }
  if (now_ms < next_due_ms_) return;
  next_due_ms_ = now_ms + kDuePeriod_ms;
  const auto destroyed = service_.keyring.destroy_due(service_.clock.utc_ms());
  if (!destroyed) {
    observe::error("epoch.destroy_failed", {{"error", destroyed.error()}});
  } else if (*destroyed > 0) {
    observe::info("epoch.keys_destroyed", {{"count", *destroyed}});
  }
  if (resident_bytes() > service_.options.config.keyd.memory_bytes) {
    // Modules leak a little with every session key; a new process costs less than a full machine.
    observe::warn("keyd.memory_limit", {{"bytes", resident_bytes()}});
    hooks_.stop(kExitRecycle);
  }
}

}  // namespace conclave::hsm::keyd
