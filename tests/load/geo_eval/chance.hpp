#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

namespace conclave::geo_eval {

// Randomness with a seed; own distributions, so that a seed means the same with every library.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  // 0 to just below 1.
  double unit() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }
  bool with(double probability) { return unit() < probability; }
  double between(double least, double most) { return least + (most - least) * unit(); }
  std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(unit() * static_cast<double>(count));
  }
  double exponential(double mean) { return -mean * std::log(1 - unit()); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace conclave::geo_eval
