#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/error.hpp"

namespace conclave::ctl {

// Where a server is and how to know it.
struct ServerPlace {
  std::string url;            // "https://localhost:8443"
  std::string authority_pem;  // pinned root certificate; empty for a plain loopback server
};

// Who this shell is towards one server: HOME/admin.json, mode 0600.
struct Profile {
  ServerPlace server;
  std::string account;
  std::string device;
  std::string key_pem;  // secret
};

// $CONCLAVE_HOME, else ~/.config/conclave.
[[nodiscard]] std::filesystem::path default_home();
// kNoProfile when there is none; kProfileUnusable when others could read it.
[[nodiscard]] Result<Profile> load_profile(const std::filesystem::path& home);
[[nodiscard]] Result<void> save_profile(const std::filesystem::path& home, const Profile& profile);
[[nodiscard]] Result<void> forget_profile(const std::filesystem::path& home);

// From --state DIR (ports.json and authority/root.pem in it), or --server URL and --ca FILE.
[[nodiscard]] Result<ServerPlace> find_server(const std::filesystem::path& state,
                                              const std::string& url,
                                              const std::filesystem::path& ca);

}  // namespace conclave::ctl
