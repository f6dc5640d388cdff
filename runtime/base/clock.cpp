#include "runtime/base/clock.hpp"

#include <chrono>

namespace conclave::base {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t utc_ms() const override { return since_epoch<std::chrono::system_clock>(); }
  std::int64_t monotonic_ms() const override { return since_epoch<std::chrono::steady_clock>(); }

 private:
  template <class Source>
  static std::int64_t since_epoch() {
    const auto age = Source::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace conclave::base
