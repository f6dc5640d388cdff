#pragma once

#include <map>
#include <string>

#include "runtime/config/config.hpp"

namespace conclave::config {

// Lines of the keys that stand in the file; "listen[0].tls" for the entries of a list of tables.
using Lines = std::map<std::string, std::uint32_t, std::less<>>;

// Rules between keys, and forms that a single bound cannot say. Appends to `problems`.
void check_together(const Config& config, const Lines& lines, Problems& problems);

}  // namespace conclave::config
