#pragma once

namespace conclave::base {

// Writes the broken invariant to standard error and aborts. Never returns, never allocates.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace conclave::base

// For invariants of our own code only; always on. Untrusted input, disk, network and token get a
// Result instead.
#define CONCLAVE_ASSERT(expression) \
  (static_cast<bool>(expression)    \
       ? void(0)                    \
       : ::conclave::base::assertion_failed(#expression, __FILE__, __LINE__))
