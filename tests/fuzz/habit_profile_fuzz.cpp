#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "policies/signals/habit.hpp"

using conclave::signals::HabitProfile;

// What is taken encodes back to itself, and answers stay between 0 and 1.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto profile = HabitProfile::decode({data, size});
  if (!profile) return 0;
  const auto bytes = profile->encode();
  if (!std::equal(bytes.begin(), bytes.end(), data, data + size)) std::abort();
  for (std::int64_t at_s : {std::int64_t{0}, std::int64_t{1'790'000'000}, INT64_MAX}) {
    const double near = profile->near({52.5, 13.4}, at_s);
    const double maturity = profile->maturity(at_s);
    if (!(near >= 0 && near <= 1 && maturity >= 0 && maturity <= 1)) std::abort();
  }
  return 0;
}
