#pragma once

#include <atomic>

// Counts and fails fdatasync in this test program.
namespace conclave::store::testing {

extern std::atomic<int> sync_calls;
extern std::atomic<bool> fail_syncs;

}  // namespace conclave::store::testing
