#pragma once

#include "runtime/base/error.hpp"

namespace conclave::authorities {

// The detail says what is wrong with it.
inline constexpr ErrorSpec kAuthorityInvalid{
    "authority.invalid", ErrorKind::invalid,
    "Send one PEM certificate that may issue others (basicConstraints CA:TRUE), of at least 112 "
    "bits, and never a private key; a revocation list has to be that authority's own."};
inline constexpr ErrorSpec kAuthorityExists{
    "authority.exists", ErrorKind::conflict,
    "This certificate is among the tenant's authorities already; change its revocation list, or "
    "remove it first."};
inline constexpr ErrorSpec kAuthorityLimit{
    "authority.limit", ErrorKind::limited,
    "A tenant has at most 8 authorities; remove one that is no longer used."};
inline constexpr ErrorSpec kAuthorityNotFound{
    "authority.not_found", ErrorKind::not_found,
    "The tenant has no such authority; see `conclavectl authority list`."};

}  // namespace conclave::authorities
