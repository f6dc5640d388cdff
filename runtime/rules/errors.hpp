#pragma once

#include "runtime/base/error.hpp"

namespace conclave::rules {

inline constexpr ErrorSpec kPolicyInvalid{
    "policy.invalid", ErrorKind::invalid,
    "Correct the named lines; docs/policy.md lists every key, `conclavectl policy check FILE` "
    "checks without a server."};
// The detail is the newest version's number.
inline constexpr ErrorSpec kPolicyConflict{
    "policy.conflict", ErrorKind::conflict,
    "Somebody set another policy meanwhile; read it (`conclavectl policy show`), then decide."};
inline constexpr ErrorSpec kVersionNotFound{
    "policy.version_not_found", ErrorKind::not_found,
    "There is no such version, or it is no longer kept; see `conclavectl policy history`."};
inline constexpr ErrorSpec kPolicyRefused{
    "policy.refused", ErrorKind::unavailable,
    "A stored policy is not what the token vouches for; `strict` holds instead. Set the tenant's "
    "policy again (`conclavectl policy set`) and find out who writes to the database."};

inline constexpr ErrorSpec kChangeUnsigned{
    "change.unsigned", ErrorKind::denied,
    "A change that weakens or moves trust waits for signatures; propose it (`conclavectl policy "
    "set`) and have it approved (`conclavectl policy approve`)."};

}  // namespace conclave::rules
