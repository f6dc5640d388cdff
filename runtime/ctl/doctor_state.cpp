#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "runtime/ctl/doctor.hpp"

// The state folder, the token's files and the PIN.
namespace conclave::ctl {

namespace {

struct FileState {
  bool exists = false;
  bool private_to_owner = false;
  unsigned owner = 0;
  unsigned mode = 0;
};

FileState look(const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  return {true, (info.st_mode & 0077U) == 0, info.st_uid,
          static_cast<unsigned>(info.st_mode & 07777U)};
}

std::string octal(unsigned mode) {
  std::array<char, 16> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04o", mode);
  return {text.data(), static_cast<std::size_t>(size)};
}

Finding folder(const std::string& name, const std::filesystem::path& path, bool needed) {
  const FileState state = look(path);
  if (!state.exists) {
    if (!needed) return {name, Health::good, "not there yet", {}};
    return {
        name, Health::bad, path.string() + " does not exist",
        "Initialise the installation: packaging/quickstart, or `conclave-keyd init --config F`."};
  }
  if (!state.private_to_owner) {
    return {name, Health::bad, path.string() + " has mode " + octal(state.mode),
            "chmod 700 " + path.string()};
  }
  return {name, Health::good, path.string(), {}};
}

}  // namespace

Findings check_rules(const config::Config& config) {
  const std::string& name = config.policy.default_policy;
  const std::string found = "tenants that have set none have `" + name + "`";
  Findings out;
  if (name != "open") {
    out.push_back({"default policy", Health::good, found, {}});
  } else {
    out.push_back(
        {"default policy", Health::warning, found + ": any device, from anywhere",
         "Good for trying out. For people, set [policy] default = \"standard\" (or \"strict\"), "
         "and each tenant's own with `conclavectl policy set`."});
  }
  const std::size_t people = config.policy.signatures;
  const std::string sign = "a policy is weakened by " + std::to_string(people) +
                           (people == 1 ? " signature" : " signatures");
  if (people > 1) {
    out.push_back({"signatures", Health::good, sign, {}});
  } else {
    out.push_back({"signatures", Health::warning, sign + ": whoever may set it, alone",
                   "Good for trying out and for one person. Where there are two admins, set "
                   "[policy] signatures = 2."});
  }
  return out;
}

Findings check_state(const config::StatePaths& paths) {
  Findings out;
  out.push_back(folder("state folder", paths.root, true));
  if (out.back().health == Health::bad && !look(paths.root).exists) return out;
  out.push_back(folder("content folder", paths.content_dir, true));
  out.push_back(folder("keyring folder", paths.keyring_dir, true));
  const FileState root = look(paths.root_certificate);
  if (root.exists) {
    out.push_back({"authority", Health::good, paths.root_certificate.string(), {}});
  } else {
    out.push_back({"authority", Health::bad, paths.root_certificate.string() + " is missing",
                   "`conclave-keyd init` writes it; without it clients cannot pin the server."});
  }
  if (look(paths.setup_secret).exists) {
    out.push_back({"first admin", Health::warning, "nobody has set this installation up yet",
                   "conclavectl setup --state " + paths.root.string()});
  }
  return out;
}

Findings check_token(const config::Config& config, const config::StatePaths& paths) {
  Findings out;
  const FileState module = look(config.keyd.module);
  std::error_code error;
  if (module.exists && std::filesystem::exists(config.keyd.module, error)) {
    out.push_back({"token module", Health::good, config.keyd.module.string(), {}});
  } else {
    out.push_back({"token module", Health::bad, config.keyd.module.string() + " does not exist",
                   "Install the PKCS#11 module (SoftHSM: apt-get install softhsm2), or set "
                   "[keyd] module to the file of yours."});
  }
  if (config.keyd.module.filename() == "libsofthsm2.so") {
    out.push_back({"token kind", Health::warning,
                   "SoftHSM keeps its keys in files: a stolen disk gives them away",
                   "For production set [keyd] module to a hardware token's; see the README."});
  }
  out.push_back(folder("token folder", paths.token_dir, true));
  const std::filesystem::path pin = config.keyd.pin_file.empty() ? paths.pin : config.keyd.pin_file;
  const FileState pin_state = look(pin);
  if (!pin_state.exists) {
    out.push_back({"PIN", Health::bad, pin.string() + " is missing",
                   "Put the user PIN back into this file (mode 0600), then restart."});
  } else if (!pin_state.private_to_owner) {
    out.push_back({"PIN", Health::bad, pin.string() + " has mode " + octal(pin_state.mode),
                   "chmod 600 " + pin.string() + "; change the PIN if others could read it."});
  } else {
    out.push_back({"PIN", Health::good, pin.string() + ", mode " + octal(pin_state.mode), {}});
  }
  const std::filesystem::path refused = paths.keyring_dir / "pin-refused";
  if (look(refused).exists) {
    out.push_back({"PIN refused", Health::bad,
                   "the token refused the PIN; keyd does not try again, so as not to lock it",
                   "Correct " + pin.string() + ", then `conclave-keyd clear-refusal --config " +
                       config.file.string() + "`."});
  }
  return out;
}

}  // namespace conclave::ctl
