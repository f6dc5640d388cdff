#pragma once

#include "runtime/base/error.hpp"

namespace conclave::whereabouts {

inline constexpr ErrorSpec kKeptMalformed{
    "location.kept_malformed", ErrorKind::internal,
    "What was kept of a person's whereabouts cannot be read; it is left out and learnt anew."};

}  // namespace conclave::whereabouts
