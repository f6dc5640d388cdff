#include "runtime/base/random.hpp"

#include <sodium.h>

#include <cstring>

#include "runtime/base/assert.hpp"

namespace conclave::base {
namespace {

class SystemRandom final : public Random {
 public:
  SystemRandom() { CONCLAVE_ASSERT(sodium_init() >= 0); }
  void fill(std::span<std::uint8_t> out) override {
    // libsodium declares the pointer non-null, and an empty span may hold a null one.
    if (!out.empty()) randombytes_buf(out.data(), out.size());
  }
};

}  // namespace

std::uint64_t Random::id_value() {
  for (;;) {
    std::uint64_t value = 0;
    fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    value &= ~(std::uint64_t{1} << 63);
    if (value != 0) return value;
  }
}

Bytes Random::bytes(std::size_t length) {
  Bytes out(length);
  fill(out);
  return out;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace conclave::base
