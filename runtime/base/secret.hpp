#pragma once

#include <string_view>

#include "runtime/base/bytes.hpp"

namespace conclave::base {

// Short-lived secret bytes (a PIN, a password on its way to Argon2id): wiped when destroyed, not
// copyable, not printable (there is no formatter and no operator<<). Memory is locked and kept out
// of core dumps where the machine's limits allow it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(ByteView bytes);
  explicit Secret(std::string_view text) : Secret(as_bytes(text)) {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] ByteView view() const { return {data_, size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  void wipe();

  std::uint8_t* data_ = nullptr;  // allocated by this, sodium_malloc
  std::size_t size_ = 0;
};

// Wipes bytes that had to pass through an ordinary buffer.
void wipe(std::span<std::uint8_t> bytes);
void wipe(std::string& text);

// Takes the same time for all contents of the same length.
[[nodiscard]] bool equal_in_constant_time(ByteView left, ByteView right);

}  // namespace conclave::base
