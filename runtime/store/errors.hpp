#pragma once

#include "runtime/base/error.hpp"

namespace conclave::store {

inline constexpr ErrorSpec kStoreReadOnly{
    "store.read_only", ErrorKind::unavailable,
    "The disk is full or read-only; nothing was stored. Free space, and the server goes on by itself."};
inline constexpr ErrorSpec kStoreBroken{
    "store.broken", ErrorKind::internal,
    "The database file is damaged or not ours; stop the server and restore a backup."};
inline constexpr ErrorSpec kStoreTooNew{
    "store.too_new", ErrorKind::internal,
    "The database was written by a newer release; install that release again."};
inline constexpr ErrorSpec kStoreInUse{
    "store.in_use", ErrorKind::conflict,
    "Another server uses this state folder; stop it first (packaging/quickstart --stop)."};
inline constexpr ErrorSpec kRangeTooLarge{"range.too_large", ErrorKind::invalid,
                                          "Ask for fewer entries at once."};

}  // namespace conclave::store
