#include "runtime/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace conclave::base {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "conclave: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace conclave::base
