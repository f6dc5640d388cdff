#pragma once

#include "runtime/config/config.hpp"

namespace conclave::config {

using schema::Lines;

// Rules between keys, and forms that a single bound cannot say. Appends to `problems`.
void check_together(const Config& config, const Lines& lines, Problems& problems);

}  // namespace conclave::config
