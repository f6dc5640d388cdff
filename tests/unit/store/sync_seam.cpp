#include "tests/unit/store/sync_seam.hpp"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace conclave::store::testing {
std::atomic<int> sync_calls = 0;
std::atomic<bool> fail_syncs = false;
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
