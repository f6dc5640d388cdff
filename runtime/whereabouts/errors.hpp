#pragma once

#include "runtime/base/error.hpp"

namespace conclave::whereabouts {

inline constexpr ErrorSpec kKeptMalformed{
    "location.kept_malformed", ErrorKind::internal,
    "What was kept of a person's whereabouts cannot be read; it is left out and learnt anew."};
inline constexpr ErrorSpec kPositionInvalid{
    "location.position_invalid", ErrorKind::invalid,
    "A position is written as geo:latitude,longitude;u=metres (RFC 5870), in degrees."};
inline constexpr ErrorSpec kOffsetInvalid{
    "location.offset_invalid", ErrorKind::invalid,
    "The distance of local time from UTC is written as +02:00, -03:30 or Z."};
inline constexpr ErrorSpec kConsentNeeded{
    "location.consent_needed", ErrorKind::denied,
    "The person has to agree before a device tells where it is: location.consent."};
inline constexpr ErrorSpec kTokenInvalid{
    "location.token_invalid", ErrorKind::denied,
    "The token was used, is older than a minute or unknown; ask for another one in the session."};
inline constexpr ErrorSpec kSameNetwork{
    "location.same_network", ErrorKind::invalid,
    "The token came over the network of the session; present it over the other one."};

}  // namespace conclave::whereabouts
