#pragma once

#include "runtime/base/error.hpp"

namespace conclave::signals {

inline constexpr ErrorSpec kProfileMalformed{
    "location.profile_malformed", ErrorKind::internal,
    "The stored habit profile is damaged; it is dropped and learnt anew."};
inline constexpr ErrorSpec kProfileNewer{
    "location.profile_newer", ErrorKind::internal,
    "The habit profile was written by a newer version; run that one, or erase the profile."};

}  // namespace conclave::signals
