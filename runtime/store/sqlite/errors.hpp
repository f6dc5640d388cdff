#pragma once

#include "runtime/base/error.hpp"

// One spec for each thing that a caller can do about an SQLite result code (failure.cpp has the
// total table). The detail holds SQLite's own code and text, never bound values.
namespace conclave::store::sqlite {

// The transaction is rolled back and known not to be on disk. Stop writing, probe, go on later.
inline constexpr ErrorSpec kDatabaseFull{
    "database.full", ErrorKind::unavailable,
    "The disk is full, over quota or read-only; free space and the server goes on by itself."};
// Another connection holds a lock, or another process uses the file.
inline constexpr ErrorSpec kDatabaseBusy{"database.busy", ErrorKind::unavailable,
                                         "Another process uses the database file; stop it."};
// A key exists already or a value is missing: the caller's statement is wrong, others are not.
inline constexpr ErrorSpec kDatabaseConstraint{"database.constraint", ErrorKind::conflict,
                                               "The row contradicts one that is stored."};
inline constexpr ErrorSpec kDatabaseDamaged{
    "database.damaged", ErrorKind::internal,
    "The database file is damaged or not ours; stop the server and restore a backup."};
// An fsync failed, or the outcome of a commit is unknown: what is on disk is unknown too. The
// process must end and recover from the file; a second fsync would report success for lost pages.
inline constexpr ErrorSpec kDatabaseUncertain{
    "database.uncertain", ErrorKind::internal,
    "The disk failed while data was being made durable; the server restarts. Check the disk."};
// Anything else: memory, I/O on reading, a defect of ours.
inline constexpr ErrorSpec kDatabaseFailed{
    "database.failed", ErrorKind::internal,
    "The database refused a statement; see the server's log."};

}  // namespace conclave::store::sqlite
