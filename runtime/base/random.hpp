#pragma once

#include <cstdint>
#include <span>

#include "runtime/base/bytes.hpp"

namespace conclave::base {

// Randomness is injected, so that tests can fix it. Any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  // Uniform in [1, 2^63): an id's value.
  [[nodiscard]] std::uint64_t id_value();
  [[nodiscard]] Bytes bytes(std::size_t length);
};

// The kernel's generator, through libsodium; lives as long as the process.
[[nodiscard]] Random& system_random();

}  // namespace conclave::base
