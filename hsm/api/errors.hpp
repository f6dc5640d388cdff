#pragma once

#include "runtime/base/error.hpp"

namespace conclave::hsm::api {

inline constexpr ErrorSpec kTokenUnavailable{
    "token.unavailable", ErrorKind::unavailable,
    "The key token does not answer; nothing was stored. Try again; the server recovers by itself."};
inline constexpr ErrorSpec kTokenBusy{
    "token.busy", ErrorKind::unavailable,
    "Too many requests wait for the key token; try again shortly."};
inline constexpr ErrorSpec kTokenLocked{"token.locked", ErrorKind::unavailable,
                                        "The token refused its PIN and is not asked again; an "
                                        "operator must mend it (conclavectl doctor)."};
inline constexpr ErrorSpec kMechanismMissing{
    "token.mechanism_missing", ErrorKind::unavailable,
    "The PKCS#11 module lacks a mechanism that Conclave needs; choose another module."};
inline constexpr ErrorSpec kKeyRefStale{"key.ref_stale", ErrorKind::conflict,
                                        "The key is no longer loaded; open it again and repeat."};
inline constexpr ErrorSpec kKeyMissing{"key.missing", ErrorKind::not_found,
                                       "There is no such key in the token or the keyring."};
inline constexpr ErrorSpec kKeyDestroyed{
    "key.destroyed", ErrorKind::not_found,
    "The key was destroyed; this content cannot be read again."};
inline constexpr ErrorSpec kSealBroken{
    "seal.broken", ErrorKind::internal,
    "The stored bytes were changed or damaged; restore a backup."};
inline constexpr ErrorSpec kKeyRequestRefused{"key.request_refused", ErrorKind::denied,
                                              "keyd refuses this request; see its own log."};
inline constexpr ErrorSpec kApprovalInvalid{
    "ceremony.approval_invalid", ErrorKind::denied,
    "The custodians' signatures do not cover this operation; collect them again."};
inline constexpr ErrorSpec kAnchorBehind{
    "anchor.behind", ErrorKind::conflict,
    "The token has seen a later state of the audit trail: the store was rolled back. Put the "
    "newest one in place, or accept the old one with `conclave-keyd reset-anchor`."};
inline constexpr ErrorSpec kOrderRefused{
    "order.refused", ErrorKind::denied,
    "The key process does not sign this order: it needs a signature of the owner's own device, or "
    "those of two admins of the tenant; the detail says what is missing."};
inline constexpr ErrorSpec kOrderWait{
    "order.wait", ErrorKind::limited,
    "This device or admin is too new for the key process to sign orders on their word; wait, or "
    "order from a device that you have used for longer."};
inline constexpr ErrorSpec kOrderLimit{
    "order.limit", ErrorKind::limited,
    "Your organisation has given as many orders as it may in an hour; try again later."};
inline constexpr ErrorSpec kPasswordThrottled{
    "password.throttled", ErrorKind::limited,
    "Too many guesses for this account; wait and try again."};

}  // namespace conclave::hsm::api
