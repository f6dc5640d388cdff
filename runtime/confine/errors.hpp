#pragma once

#include "runtime/base/error.hpp"

namespace conclave::confine {

inline constexpr ErrorSpec kHardeningRefused{"confine.hardening_refused", ErrorKind::internal,
                                             "The kernel refused to protect this process's memory; "
                                             "see the detail for the call that failed."};
inline constexpr ErrorSpec kFenceRefused{"confine.fence_refused", ErrorKind::internal,
                                         "The kernel offers this fence but refused it; see the "
                                         "detail for the call or path that failed."};
inline constexpr ErrorSpec kBelowMinimum{
    "confine.below_minimum", ErrorKind::unavailable,
    "This kernel lacks a fence that is required; use a kernel with seccomp and Landlock."};

}  // namespace conclave::confine
