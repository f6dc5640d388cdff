#pragma once

#include "runtime/base/error.hpp"

namespace conclave::presence {

inline constexpr ErrorSpec kContactNotFound{
    "user.not_found", ErrorKind::not_found,
    "There is no such person in your organisation, or no such request of theirs."};
inline constexpr ErrorSpec kContactLimit{"contact.limit", ErrorKind::limited,
                                         "The list of contacts is full; remove some first."};
inline constexpr ErrorSpec kTextTooLong{"body.too_large", ErrorKind::invalid,
                                        "The status text is too long; shorten it."};

}  // namespace conclave::presence
