#pragma once

#include <cstddef>

#include "runtime/base/bytes.hpp"

namespace conclave::factors {

// True when the password, in ASCII lower case, stands on the shipped list of breached ones
// (packaging/passwords); one that does not is taken for one of it with probability
// breached_count() / 2^32. Any thread.
[[nodiscard]] bool is_breached(ByteView password);

[[nodiscard]] std::size_t breached_count();

}  // namespace conclave::factors
