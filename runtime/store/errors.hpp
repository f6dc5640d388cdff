#pragma once

#include "runtime/base/error.hpp"

namespace conclave::store {

inline constexpr ErrorSpec kStoreReadOnly{"store.read_only", ErrorKind::unavailable,
                                          "The disk is full or read-only; nothing was stored. Free "
                                          "space, and the server goes on by itself."};
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
inline constexpr ErrorSpec kStoreBusy{"store.busy", ErrorKind::limited,
                                      "Too many reads wait for the disk; try again shortly."};
// The writes contradict each other or the log (a gap in seq, a malformed segment). Nothing of the
// transaction was stored; its neighbours were. A defect of the caller.
inline constexpr ErrorSpec kCommitRejected{
    "commit.rejected", ErrorKind::internal,
    "The server tried to store something inconsistent; this is a defect, see the server's log."};
inline constexpr ErrorSpec kBackupRunning{"backup.running", ErrorKind::conflict,
                                          "A backup is being made already; wait for it to end."};
inline constexpr ErrorSpec kBackupTarget{
    "backup.target", ErrorKind::invalid,
    "The backup file cannot be written or exists already; choose another place with enough space."};
inline constexpr ErrorSpec kBackupInvalid{
    "backup.invalid", ErrorKind::invalid,
    "The file is no intact backup of this server; nothing was changed. Choose another backup."};

}  // namespace conclave::store
