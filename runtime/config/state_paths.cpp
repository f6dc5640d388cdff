#include "runtime/config/state_paths.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace conclave::config {

StatePaths::StatePaths(const std::filesystem::path& state)
    : root(state),
      token_dir(root / "token"),
      softhsm_conf(token_dir / "softhsm2.conf"),
      softhsm_dir(token_dir / "objects"),
      pin(token_dir / "pin"),
      keyring_dir(root / "keyring"),
      keyring_db(keyring_dir / "keyring.db"),
      approvers(keyring_dir / "approvers.json"),
      authority_dir(root / "authority"),
      root_certificate(authority_dir / "root.pem"),
      issuing_certificate(authority_dir / "issuing.pem"),
      content_dir(root / "content"),
      content_db(content_dir / "content.db"),
      run_dir(root / "run"),
      keyd_socket(run_dir / "keyd.sock"),
      ceremony_socket(run_dir / "ceremony.sock"),
      ports(run_dir / "ports.json"),
      launcher_pid(run_dir / "launcher.pid"),
      setup_secret(run_dir / "setup"),
      log_dir(root / "log"),
      backup_dir(root / "backup"),
      admin_dir(root / "admin") {}

namespace {

Result<void> make_private(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(kStateUnusable,
                "cannot make " + folder.string() + ": " + std::generic_category().message(errno));
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return fail(kStateUnusable, folder.string() + " is not a folder");
  if (status.st_uid != ::geteuid())
    return fail(kStateUnusable, folder.string() + " belongs to user id " +
                                    std::to_string(status.st_uid) + ", this process runs as " +
                                    std::to_string(::geteuid()));
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(kStateUnusable, folder.string() + " is writable for others; chmod 700 it");
  return {};
}

}  // namespace

Result<void> make_state_folders(const StatePaths& paths) {
  std::error_code failed;
  std::filesystem::create_directories(paths.root.parent_path(), failed);
  if (failed)
    return fail(kStateUnusable,
                "cannot make " + paths.root.parent_path().string() + ": " + failed.message());
  for (const auto* folder :
       {&paths.root, &paths.token_dir, &paths.softhsm_dir, &paths.keyring_dir, &paths.authority_dir,
        &paths.content_dir, &paths.run_dir, &paths.log_dir, &paths.backup_dir, &paths.admin_dir})
    CONCLAVE_TRY(make_private(*folder));
  return {};
}

}  // namespace conclave::config
