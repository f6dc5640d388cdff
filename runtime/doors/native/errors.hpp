#pragma once

#include "runtime/base/error.hpp"

namespace conclave::doors::native {

inline constexpr ErrorSpec kParse{
    "parse", ErrorKind::invalid,
    "Send one JSON object in a text frame: valid JSON, at most 32 levels "
    "deep, without repeated keys."};
inline constexpr ErrorSpec kRequestInvalid{"request.invalid", ErrorKind::invalid,
                                           "Send jsonrpc \"2.0\", an id (an integer or a text of "
                                           "at most 64 bytes), method and params, and "
                                           "nothing else."};
inline constexpr ErrorSpec kMethodUnknown{
    "method.unknown", ErrorKind::invalid,
    "There is no such method; docs/protocol-methods.md lists them."};
inline constexpr ErrorSpec kParamsInvalid{
    "params.invalid", ErrorKind::invalid,
    "Correct the parameter that `path` names, as `detail` says."};
inline constexpr ErrorSpec kSignInRequired{
    "sign_in.required", ErrorKind::unauthenticated,
    "Sign in first: session.prove, session.enrol or session.resume."};
inline constexpr ErrorSpec kSignInDone{"sign_in.done", ErrorKind::conflict,
                                       "This connection is signed in already; open another one."};
inline constexpr ErrorSpec kFlood{"flood", ErrorKind::limited,
                                  "Too many requests; wait for retry_after_ms."};
inline constexpr ErrorSpec kInFlight{
    "in_flight", ErrorKind::limited,
    "Too many requests wait for their answer; wait for one before you send another."};
inline constexpr ErrorSpec kServerBusy{
    "server.busy", ErrorKind::unavailable,
    "The server has more work than it can take on; try again shortly."};

}  // namespace conclave::doors::native
