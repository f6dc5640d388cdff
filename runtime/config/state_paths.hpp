#pragma once

#include <filesystem>

#include "runtime/base/error.hpp"

namespace conclave::config {

inline constexpr ErrorSpec kStateUnusable{"state.unusable", ErrorKind::unavailable,
                                          "The state folder must exist, belong to the user that "
                                          "runs the server and be writable for nobody else."};

// Where everything lies in a state folder. Pure names; nothing here touches the disk.
struct StatePaths {
  explicit StatePaths(const std::filesystem::path& state);

  std::filesystem::path root;
  std::filesystem::path token_dir;     // only keyd reads
  std::filesystem::path softhsm_conf;  // token_dir/softhsm2.conf
  std::filesystem::path softhsm_dir;   // token_dir/objects, the token's files
  std::filesystem::path pin;           // token_dir/pin, 0600
  std::filesystem::path keyring_dir;   // only keyd reads
  std::filesystem::path keyring_db;
  std::filesystem::path approvers;            // keyring_dir/approvers.json
  std::filesystem::path authority_dir;        // public certificates
  std::filesystem::path root_certificate;     // authority_dir/root.pem
  std::filesystem::path issuing_certificate;  // authority_dir/issuing.pem
  std::filesystem::path content_dir;
  std::filesystem::path content_db;
  std::filesystem::path run_dir;
  std::filesystem::path keyd_socket;      // run_dir/keyd.sock
  std::filesystem::path ceremony_socket;  // run_dir/ceremony.sock
  std::filesystem::path ports;            // run_dir/ports.json
  std::filesystem::path launcher_pid;     // run_dir/launcher.pid
  std::filesystem::path setup_secret;     // run_dir/setup, 0600
  std::filesystem::path log_dir;
  std::filesystem::path backup_dir;
  std::filesystem::path admin_dir;  // home of the first admin's conclavectl
};

// Makes the folders that are missing, each 0700, and refuses (kStateUnusable) a root that others
// can write to or that belongs to somebody else. Called by keyd init and the launcher, not by
// conclaved.
[[nodiscard]] Result<void> make_state_folders(const StatePaths& paths);

}  // namespace conclave::config
