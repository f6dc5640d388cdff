#include "hsm/keyd/setup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "hsm/keyd/anchor.hpp"
#include "hsm/keyd/approvers.hpp"
#include "hsm/keyd/certificate.hpp"
#include "hsm/keyd/errors.hpp"
#include "hsm/keyd/service.hpp"
#include "hsm/keyd/softhsm_files.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/base/random.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::size_t kPinBytes = 16;  // 128 bits
constexpr std::size_t kMaxPin = 256;
constexpr std::size_t kInstallationBytes = 16;

struct WantedKey {
  std::string_view label;
  pkcs11::TokenKey type;
};
constexpr std::array kInstallationKeys = {
    WantedKey{labels::kTls, pkcs11::TokenKey::signing},
    WantedKey{labels::kAccess, pkcs11::TokenKey::signing},
    WantedKey{labels::kAudit, pkcs11::TokenKey::signing},
    WantedKey{labels::kCommand, pkcs11::TokenKey::signing},
    WantedKey{labels::kRoot, pkcs11::TokenKey::signing},
    WantedKey{labels::kIssuing, pkcs11::TokenKey::signing},
    WantedKey{labels::kPluginApproval, pkcs11::TokenKey::signing},
    WantedKey{labels::kPepper, pkcs11::TokenKey::mac},
    WantedKey{labels::kReuse, pkcs11::TokenKey::mac},
    WantedKey{labels::kRows, pkcs11::TokenKey::mac}};

std::filesystem::path pin_path(const Options& options) {
  const auto& configured = options.config.keyd.pin_file;
  return configured.empty() ? options.paths.pin : configured;
}

std::string random_pin() {
  return base::hex_encode(base::system_random().bytes(kPinBytes));
}

// 0600 and on disk before it is used: a token whose PIN is lost is lost.
Result<void> write_private(const std::filesystem::path& file, std::string_view text) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool good =
      descriptor >= 0 &&
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  const auto reason = std::string(std::strerror(errno));
  if (descriptor >= 0) ::close(descriptor);
  if (!good) return fail(kKeydConfiguration, file.string() + ": " + reason);
  return {};
}

Result<void> write_softhsm_configuration(const config::StatePaths& paths) {
  if (std::filesystem::exists(paths.softhsm_conf)) return {};
  std::error_code failed;
  std::filesystem::create_directories(paths.softhsm_dir, failed);
  if (failed) return fail(kKeydConfiguration, paths.softhsm_dir.string() + ": " + failed.message());
  return write_private(paths.softhsm_conf, "directories.tokendir = " + paths.softhsm_dir.string() +
                                               "\nobjectstore.backend = file\nlog.level = ERROR\n"
                                               "slots.removable = false\nslots.mechanisms = ALL\n"
                                               "library.reset_on_fork = true\n");
}

Result<void> make_missing_token(const Options& options, pkcs11::CallWatch& watch) {
  const auto& keyd = options.config.keyd;
  const auto exists = pkcs11::token_exists(keyd.module, keyd.token_label, watch);
  if (!exists) return std::unexpected(exists.error());
  if (*exists) return {};
  if (options.pin_fd < 0 && !std::filesystem::exists(pin_path(options))) {
    std::string pin = random_pin();
    CONCLAVE_TRY(write_private(pin_path(options), pin));
    base::wipe(pin);
  }
  const auto user_pin = read_pin(options);
  if (!user_pin) return std::unexpected(user_pin.error());
  std::string so_text = random_pin();
  const base::Secret so_pin{std::string_view(so_text)};
  const auto serial = pkcs11::make_token(keyd.module, keyd.token_label, so_pin, *user_pin, watch);
  if (!serial) {
    base::wipe(so_text);
    return std::unexpected(serial.error());
  }
  std::printf("token            %s (serial %s)\n", keyd.token_label.c_str(), serial->c_str());
  std::printf("SO PIN           %s\n", so_text.c_str());
  std::printf(
      "                 Keep it away from this machine. It is stored nowhere and is not "
      "shown again.\n");
  base::wipe(so_text);
  return {};
}

// With the PIN that the configuration names; the token with this installation's serial number, once
// it has one.
Result<std::unique_ptr<pkcs11::Token>> open_token(const Options& options,
                                                  keyring::KeyringFile& file,
                                                  pkcs11::CallWatch& watch) {
  const auto pin = read_pin(options);
  if (!pin) return std::unexpected(pin.error());
  const auto serial = file.meta(facts::kTokenSerial);
  if (!serial) return std::unexpected(serial.error());
  const auto& keyd = options.config.keyd;
  return pkcs11::Token::open({keyd.module, keyd.token_label, serial->value_or("")}, *pin, false,
                             watch);
}

Result<void> make_missing_keys(pkcs11::Token& token, keyring::KeyringFile& file) {
  for (const auto& wanted : kInstallationKeys) {
    if (token.has(wanted.label)) continue;
    const auto made = token.generate(wanted.type, std::string(wanted.label));
    if (!made) return std::unexpected(made.error());
    CONCLAVE_TRY(file.note_token_key(wanted.label, base::system_clock().utc_ms()));
    std::printf("key              %s\n", std::string(wanted.label).c_str());
  }
  return {};
}

Result<void> make_missing_authority(const Options& options, pkcs11::Token& token,
                                    keyring::KeyringFile& file) {
  const auto present = file.meta(facts::kRootCertificate);
  if (!present) return std::unexpected(present.error());
  if (*present) return {};
  const auto root = token.find(labels::kRoot);
  const auto root_spki = token.public_key(labels::kRoot);
  const auto issuing_spki = token.public_key(labels::kIssuing);
  if (!root) return std::unexpected(root.error());
  if (!root_spki) return std::unexpected(root_spki.error());
  if (!issuing_spki) return std::unexpected(issuing_spki.error());
  const auto authority = make_authority(
      options.config.server.name, *root_spki,
      [&](ByteView digest) { return token.sign(*root, digest); }, *issuing_spki,
      base::system_clock().utc_ms());
  if (!authority) return std::unexpected(authority.error());
  CONCLAVE_TRY(write_private(options.paths.root_certificate, to_pem(authority->root)));
  CONCLAVE_TRY(write_private(options.paths.issuing_certificate, to_pem(authority->issuing)));
  CONCLAVE_TRY(file.set_meta(facts::kIssuingCertificate, base::hex_encode(authority->issuing)));
  CONCLAVE_TRY(file.set_meta(facts::kRootCertificate, base::hex_encode(authority->root)));
  std::printf("authority        %s\n                 SHA-256 %s\n",
              options.paths.root_certificate.c_str(),
              base::hex_encode(base::sha256(ByteView(authority->root))).c_str());
  return {};
}

Result<void> note_installation(const pkcs11::Token& token, keyring::KeyringFile& file) {
  const auto present = file.meta(facts::kInstallation);
  if (!present) return std::unexpected(present.error());
  if (*present) return {};
  CONCLAVE_TRY(file.set_meta(facts::kTokenSerial, token.facts().serial));
  return file.set_meta(facts::kInstallation,
                       base::hex_encode(base::system_random().bytes(kInstallationBytes)));
}

}  // namespace

void set_module_environment(const config::StatePaths& paths) {
  if (std::filesystem::exists(paths.softhsm_conf)) {
    ::setenv("SOFTHSM2_CONF", paths.softhsm_conf.c_str(), 1);
  }
}

Result<base::Secret> read_pin(const Options& options) {
  const bool inherited = options.pin_fd >= 0;
  const auto path = pin_path(options);
  const int descriptor = inherited ? options.pin_fd : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail(kKeydConfiguration, path.string() + ": " + std::strerror(errno));
  std::array<char, kMaxPin> text{};
  const auto got = ::read(descriptor, text.data(), text.size());
  ::close(descriptor);
  std::string_view pin(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  pin = pin.substr(0, pin.find_last_not_of(" \t\r\n") + 1);
  base::Secret secret(pin);
  base::wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  if (secret.empty()) return fail(kKeydConfiguration, "the PIN is empty");
  return secret;
}

Result<void> accept_older_store(const Options& options) {
  set_module_environment(options.paths);
  pkcs11::CallWatch watch;
  auto file = keyring::KeyringFile::open(options.paths.keyring_db);
  if (!file) return std::unexpected(std::move(file).error());
  const auto custodians = file->meta(facts::kApprovers);
  if (!custodians) return std::unexpected(custodians.error());
  if (*custodians) {
    return fail(api::kApprovalInvalid, "custodians are pinned; let them order anchor.reset");
  }
  const auto token = open_token(options, *file, watch);
  if (!token) return std::unexpected(token.error());
  return reset_anchor(**token);
}

Result<void> initialise(const Options& options) {
  CONCLAVE_TRY(config::make_state_folders(options.paths));
  CONCLAVE_TRY(write_softhsm_configuration(options.paths));
  set_module_environment(options.paths);
  CONCLAVE_TRY(keep_token_files(options.paths));
  pkcs11::CallWatch watch;
  CONCLAVE_TRY(make_missing_token(options, watch));
  auto file = keyring::KeyringFile::open(options.paths.keyring_db);
  if (!file) return std::unexpected(std::move(file).error());
  const auto token = open_token(options, *file, watch);
  if (!token) return std::unexpected(token.error());
  CONCLAVE_TRY(make_missing_keys(**token, *file));
  CONCLAVE_TRY(make_missing_authority(options, **token, *file));
  CONCLAVE_TRY(note_installation(**token, *file));
  if (!options.approvers.empty()) {
    CONCLAVE_TRY(pin_first_approvers(options.approvers, options.paths, *file));
  }
  for (const auto& warning : (*token)->facts().warnings) {
    std::printf("warning          %s\n", warning.c_str());
  }
  return keep_token_files(options.paths);
}

}  // namespace conclave::hsm::keyd
