#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hsm/keyd/account_limits.hpp"
#include "hsm/keyd/content_keys.hpp"
#include "hsm/keyd/operation.hpp"
#include "hsm/keyd/options.hpp"
#include "hsm/keyd/token_keeper.hpp"
#include "hsm/keyd/usage.hpp"
#include "runtime/base/clock.hpp"

namespace conclave::hsm::keyd {

// What operations work on; lives on the token's thread.
struct Service {
  Service(const Options& options_, TokenKeeper& keeper_, keyring::Keyring& keyring_, Usage& usage_,
          const base::Clock& clock_);

  // The token of an operation that declared needs_token; open at that time.
  [[nodiscard]] pkcs11::Token& token() { return keeper.token(); }
  // A token key by its label; several operations use the same.
  [[nodiscard]] Result<pkcs11::KeyHandle> key(std::string_view label) {
    return keeper.token().find(label);
  }
  // The session and all its handles are gone.
  void forget_handles() {
    content_keys.forget();
    keyring.forget_handles();
  }

  const Options& options;
  TokenKeeper& keeper;
  keyring::Keyring& keyring;
  Usage& usage;
  const base::Clock& clock;
  ContentKeys content_keys;
  AccountLimits password_limits;
  AccountLimits reuse_limits;  // by person, of no tenant
  Bytes scratch;  // of the sealing operations, kept for its memory
};

// Labels of the installation's keys (keys contract, K1).
namespace labels {
inline constexpr std::string_view kTls = "tls";
inline constexpr std::string_view kAccess = "access";
inline constexpr std::string_view kAudit = "audit";
inline constexpr std::string_view kCommand = "command";
inline constexpr std::string_view kPepper = "pepper";
inline constexpr std::string_view kReuse = "reuse";
inline constexpr std::string_view kRows = "rows";
inline constexpr std::string_view kRoot = "ca.root";
inline constexpr std::string_view kIssuing = "ca.issuing";
inline constexpr std::string_view kPluginApproval = "plugin.approval";
}  // namespace labels

// Where keyring.db keeps what belongs to the installation.
namespace facts {
inline constexpr std::string_view kInstallation = "installation";  // 16 random bytes, hexadecimal
inline constexpr std::string_view kTokenSerial = "token.serial";
inline constexpr std::string_view kRootCertificate = "ca.root";        // DER, hexadecimal
inline constexpr std::string_view kIssuingCertificate = "ca.issuing";  // DER, hexadecimal
inline constexpr std::string_view kApprovers = "approvers";            // SHA-256 of the pinned file
}  // namespace facts

}  // namespace conclave::hsm::keyd
