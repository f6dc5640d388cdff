#pragma once

#include <filesystem>
#include <utility>

#include "runtime/base/error.hpp"

namespace conclave::store {

// Holds FOLDER/lock for as long as it lives (flock: gone with the process, however it ends), so
// that no two servers write one store.
class StateLock {
 public:
  // Creates the folder (0700) when missing. kStoreInUse when another process holds the lock.
  [[nodiscard]] static Result<StateLock> take(const std::filesystem::path& folder);

  StateLock(StateLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // owned
};

}  // namespace conclave::store
