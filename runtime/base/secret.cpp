#include "runtime/base/secret.hpp"

#include <sodium.h>

#include <cstring>
#include <utility>

#include "runtime/base/assert.hpp"

namespace conclave::base {

Secret::Secret(ByteView bytes) : size_(bytes.size()) {
  CONCLAVE_ASSERT(sodium_init() >= 0);
  if (bytes.empty()) return;
  data_ = static_cast<std::uint8_t*>(sodium_malloc(bytes.size()));
  CONCLAVE_ASSERT(data_ != nullptr);
  std::memcpy(data_, bytes.data(), bytes.size());
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() {
  if (data_ != nullptr) sodium_free(data_);  // sodium_free overwrites before it releases
  data_ = nullptr;
  size_ = 0;
}

void wipe(std::span<std::uint8_t> bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

bool equal_in_constant_time(ByteView left, ByteView right) {
  return left.size() == right.size() &&
         (left.empty() || sodium_memcmp(left.data(), right.data(), left.size()) == 0);
}

}  // namespace conclave::base
