#pragma once

#include <atomic>

// Counts and fails fdatasync, and fails writes, of this test program's SQLite.
namespace conclave::store::testing {

extern std::atomic<int> sync_calls;
extern std::atomic<bool> fail_syncs;
extern std::atomic<bool> disk_full;

}  // namespace conclave::store::testing
