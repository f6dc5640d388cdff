#include "tests/unit/store/sync_seam.hpp"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace conclave::store::testing {
std::atomic<int> sync_calls = 0;
std::atomic<bool> fail_syncs = false;
std::atomic<bool> disk_full = false;
}  // namespace conclave::store::testing

// Stands in for the C library's: SQLite's calls resolve to the program's own symbol.
extern "C" __attribute__((visibility("default"))) int fdatasync(int descriptor) {
  ++conclave::store::testing::sync_calls;
  if (conclave::store::testing::fail_syncs) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

// Half of what was asked for still fits, as on a real disk that fills up.
extern "C" __attribute__((visibility("default"))) ssize_t pwrite64(int descriptor, const void* data,
                                                                   size_t size, off64_t offset) {
  if (conclave::store::testing::disk_full) {
    if (size < 1'000) {
      errno = ENOSPC;
      return -1;
    }
    size /= 2;
  }
  return ::syscall(SYS_pwrite64, descriptor, data, size, offset);
}
