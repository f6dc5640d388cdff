#pragma once

#include "runtime/base/error.hpp"

namespace conclave::doors::http {

inline constexpr ErrorSpec kNoSuchPath{
    "path.unknown", ErrorKind::not_found,
    "There is no such resource; /openapi.json lists all of them."};
inline constexpr ErrorSpec kMethodNotAllowed{"method.not_allowed", ErrorKind::invalid,
                                             "This resource has other methods; see /openapi.json."};
inline constexpr ErrorSpec kBodyInvalid{"body.invalid", ErrorKind::invalid,
                                        "Send one JSON object in UTF-8."};
inline constexpr ErrorSpec kParamsInvalid{"params.invalid", ErrorKind::invalid,
                                          "Correct the named field; /openapi.json has its form."};
inline constexpr ErrorSpec kTokenMissing{
    "token.missing", ErrorKind::unauthenticated,
    "Send `Authorization: Bearer <access token>`; sign in at /api/v1/session/hello first."};
inline constexpr ErrorSpec kProofInvalid{
    "proof.invalid", ErrorKind::unauthenticated,
    "Sign this request with the device's key (header Conclave-Proof; docs/protocol.md)."};
inline constexpr ErrorSpec kProofStale{
    "proof.stale", ErrorKind::unauthenticated,
    "The proof's time is off by more than a minute; set the clock."};
inline constexpr ErrorSpec kProofReplayed{
    "proof.replayed", ErrorKind::unauthenticated,
    "This nonce was used before; make a new proof a request."};
inline constexpr ErrorSpec kTooOften{"flood", ErrorKind::limited,
                                     "Too many requests; slow down, then go on."};
inline constexpr ErrorSpec kOverloaded{"server.overloaded", ErrorKind::unavailable,
                                       "The server has too much to do; try again shortly."};
inline constexpr ErrorSpec kNotReady{
    "server.not_ready", ErrorKind::unavailable,
    "See the failing checks; `conclavectl doctor` says how to mend them."};
inline constexpr ErrorSpec kLoopbackOnly{"metrics.loopback_only", ErrorKind::denied,
                                         "Metrics are served on loopback addresses only."};
inline constexpr ErrorSpec kBackupFailed{
    "backup.failed", ErrorKind::unavailable,
    "The backup folder must exist, be writable and have space."};

}  // namespace conclave::doors::http
