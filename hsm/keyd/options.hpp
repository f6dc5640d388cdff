#pragma once

#include <optional>
#include <string>

#include "runtime/base/error.hpp"
#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"

namespace conclave::hsm::keyd {

enum class Command { serve, init, clear_refusal, reset_anchor };

struct Options {
  Command command = Command::serve;
  config::Config config;
  config::StatePaths paths{""};
  // Inherited descriptors; -1: none. Without the sockets keyd makes its own in STATE/run; without
  // the PIN's it opens the configured file.
  int online_fd = -1;
  int ceremony_fd = -1;
  int pin_fd = -1;
  std::optional<unsigned> peer_uid;  // of conclaved; none: our own
  std::filesystem::path approvers;   // init: pinned as the custodians
  bool die_with_parent = false;
};

// What the command line says, with the configuration file read and checked. nullopt: help was asked
// for and printed.
[[nodiscard]] Result<std::optional<Options>> read_options(int argc, char** argv);

}  // namespace conclave::hsm::keyd
