#pragma once

#include "runtime/base/error.hpp"

namespace conclave::ctl {

inline constexpr ErrorSpec kUsage{"usage", ErrorKind::invalid, "See `conclavectl --help`."};
inline constexpr ErrorSpec kNoProfile{"profile.missing", ErrorKind::unauthenticated,
                                      "Sign in first: `conclavectl sign-in ACCOUNT --state DIR`, "
                                      "or `conclavectl setup` on a new server."};
inline constexpr ErrorSpec kProfileUnusable{"profile.unusable", ErrorKind::invalid,
                                            "The home folder must belong to you, and admin.json "
                                            "must be readable for you alone (chmod 600)."};
inline constexpr ErrorSpec kUnreachable{"server.unreachable", ErrorKind::unavailable,
                                        "Is the server running, and is this its address? "
                                        "`conclavectl doctor --state DIR` looks closer."};
inline constexpr ErrorSpec kServerRefused{"server.refused", ErrorKind::denied,
                                          "The server refused."};
inline constexpr ErrorSpec kFileUnusable{
    "file.unusable", ErrorKind::invalid,
    "The file cannot be read or written; check path and rights."};
inline constexpr ErrorSpec kServerRuns{
    "server.running", ErrorKind::conflict,
    "Stop the server first (packaging/quickstart --stop); a restore works offline only."};
inline constexpr ErrorSpec kBackupBroken{
    "backup.broken", ErrorKind::internal,
    "The file is not the backup it should be; take another copy."};
inline constexpr ErrorSpec kDocumentWrong{
    "document.wrong", ErrorKind::invalid,
    "Mend what is listed above, by line; `conclavectl policy reference` lists all keys."};
inline constexpr ErrorSpec kCasesFailed{
    "policy.cases_failed", ErrorKind::conflict,
    "The policy decides otherwise than the table expects; see the differences above."};

inline constexpr ErrorSpec kOrderNotSigned{
    "order.not_signed", ErrorKind::conflict,
    "What the server gave to sign is not what you asked for, so nothing was signed. Look at "
    "`conclavectl device orders`, and at the server itself."};
inline constexpr ErrorSpec kChangeNotSigned{
    "change.not_signed", ErrorKind::conflict,
    "What the server gave to sign is not what it shows, so nothing was signed. Look at "
    "`conclavectl policy changes`, and at the server itself."};
inline constexpr ErrorSpec kUnhealthy{"doctor.unhealthy", ErrorKind::unavailable,
                                      "Mend what is marked BAD, then look again."};

}  // namespace conclave::ctl
