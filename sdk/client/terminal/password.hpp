#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/secret.hpp"

namespace conclave::client::terminal {

// One line: typed without echo when standard input is a terminal, else read from it. Never from the
// command line or the environment, where others can see it.
[[nodiscard]] Result<base::Secret> read_password(std::string_view prompt);

}  // namespace conclave::client::terminal
