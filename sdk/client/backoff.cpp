#include "sdk/client/backoff.hpp"

#include <algorithm>

namespace conclave::client {

std::int64_t Backoff::next_ms() {
  constexpr unsigned kMostDoublings = 20;
  const std::int64_t step = std::min(max_ms_, first_ms_ << std::min(failures_, kMostDoublings));
  ++failures_;
  const std::int64_t half = std::max<std::int64_t>(step / 2, 1);
  return step - half +
         static_cast<std::int64_t>(random_.id_value() % static_cast<std::uint64_t>(half + 1));
}

}  // namespace conclave::client
