#pragma once

#include "hsm/api/errors.hpp"

namespace conclave::hsm::keyd {

// Exit statuses that the launcher knows.
inline constexpr int kExitConfiguration =
    78;                                    // do not start again: an operator must mend something
inline constexpr int kExitTokenHung = 70;  // a token call did not return; start again at once
inline constexpr int kExitRecycle =
    75;  // memory limit reached, or no room for the keyring on its disk; start again

inline constexpr ErrorSpec kKeydConfiguration{
    "keyd.configuration", ErrorKind::invalid,
    "conclave-keyd cannot start like this; mend what the detail names and start again."};

inline constexpr ErrorSpec kKeydRunning{
    "keyd.running", ErrorKind::conflict,
    "Another conclave-keyd serves this state folder; stop it first (packaging/quickstart --stop)."};

}  // namespace conclave::hsm::keyd
