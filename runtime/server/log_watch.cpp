#include "runtime/server/log_watch.hpp"

#include "runtime/async/deadline.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::server {

Task<void> LogWatch::run() {
  constexpr int kTickMs = 1'000;
  int rest_ms = 0;  // until the next entry may be written
  while (!stopping_) {
    unrecorded_ = file_.take_opened() || unrecorded_;
    if (unrecorded_ && rest_ms <= 0) {
      co_await record();
      rest_ms = kPauseMs;
    }
    co_await async::sleep_for(std::chrono::milliseconds(kTickMs));
    rest_ms -= kTickMs;
  }
  if (unrecorded_) co_await record();
}

Task<void> LogWatch::record() {
  audit::Entry entry;
  entry.action = "log.opened";
  entry.subject = file_.name();
  unrecorded_ = false;
  if (auto written = co_await writer_.record(std::move(entry)); !written) {
    unrecorded_ = true;
    observe::warn("log.opened", {{"error", written.error()}});
  }
}

}  // namespace conclave::server
