#pragma once

#include "runtime/base/error.hpp"

namespace conclave::evidence {

inline constexpr ErrorSpec kFileUnreadable{
    "evidence.file_unreadable", ErrorKind::invalid,
    "The file cannot be read: check path and rights. What was loaded before stays in force."};
inline constexpr ErrorSpec kDatabaseCorrupt{
    "evidence.database_corrupt", ErrorKind::invalid,
    "The file is no sound database in MaxMind format: fetch it again and replace it by a rename. "
    "What was loaded before stays in force."};
}  // namespace conclave::evidence
