#pragma once

#include "runtime/base/error.hpp"

namespace conclave::launcher {

inline constexpr ErrorSpec kAlreadyRunning{
    "launcher.already_running", ErrorKind::conflict,
    "Another launcher serves this state folder: stop it first (packaging/quickstart --stop)."};
inline constexpr ErrorSpec kPidFile{"launcher.pid_file", ErrorKind::unavailable,
                                    "The file in STATE/run must be writable for this user."};
inline constexpr ErrorSpec kSocket{
    "launcher.socket", ErrorKind::unavailable,
    "The launcher must be able to make its sockets in STATE/run; a path there may have at most 107 "
    "characters."};
inline constexpr ErrorSpec kPinUnreadable{"launcher.pin_unreadable", ErrorKind::unavailable,
                                          "Make the token and its PIN file with conclave-keyd init "
                                          "--config FILE; the file belongs to this "
                                          "user and has mode 0600."};
inline constexpr ErrorSpec kProgram{
    "launcher.program", ErrorKind::internal,
    "The programs of one build lie in one folder; install it again."};

}  // namespace conclave::launcher
