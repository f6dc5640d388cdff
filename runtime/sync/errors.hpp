#pragma once

#include "runtime/base/error.hpp"

namespace conclave::sync {

inline constexpr ErrorSpec kStateKeyInvalid{
    "state.key_invalid", ErrorKind::invalid,
    "Keys are settings.<name>, draft.<room> or mute.<room>, of at most 100 characters."};
inline constexpr ErrorSpec kStateTooLarge{"body.too_large", ErrorKind::invalid,
                                          "The value is larger than 16 KiB; store less."};
inline constexpr ErrorSpec kStateNotFound{"state.not_found", ErrorKind::not_found,
                                          "Nothing is stored under this key."};
inline constexpr ErrorSpec kStateLimit{"state.limit", ErrorKind::limited,
                                       "As many values are stored as one may have; delete some."};
inline constexpr ErrorSpec kCursorInvalid{
    "cursor.invalid", ErrorKind::invalid,
    "This is not a cursor of this server; leave it out to read from the beginning."};

}  // namespace conclave::sync
