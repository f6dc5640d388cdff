#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/document/words.hpp"
#include "policies/signals/finding.hpp"
#include "runtime/network/address.hpp"

// Everything that a decision rests on, taken as one consistent snapshot by whoever asks. Times are
// ages in seconds, never negative (the asker clamps what a jumping clock makes), so that the engine
// needs no clock. Ids are opaque texts: "d_..." of the server, "laptop" in a table of cases.
namespace conclave::policy {

using Seconds = std::int64_t;

enum class AccountState : std::uint8_t { active, disabled, deleted, damaged };
enum class CredentialKind : std::uint8_t { password, device_key, resume, application_password };
enum class ApprovalState : std::uint8_t { none, pending, approved, denied };

[[nodiscard]] WordList words(AccountState);
[[nodiscard]] WordList words(CredentialKind);
[[nodiscard]] WordList words(ApprovalState);

struct AccountFacts {
  AccountState state = AccountState::active;
  bool tenant_active = true;
  std::string name;  // local part, as in devices.cap_by_user
  Words<Role> roles = {Role::member};
  bool has_primary = false;  // the user has a primary device, and it is another one than this
  bool location_consent = false;
  Words<Factor> enrolled;  // second factors that the user has set up
};

struct DeviceFacts {
  std::string id;
  DeviceClass device_class = DeviceClass::desktop;
  bool known = false;     // enrolled before this sign-in
  bool approved = false;  // by the primary or a recovery path, at some time
  bool primary = false;
  bool banned = false;  // its key or its hardware's digest stands on the user's list of bans
  bool hardware_id = false;
  bool service_id = false;
  bool attested = false;  // its key was proven to live in hardware
  Seconds idle_s = 0;     // since its last use; of a known device
};

// A session of the user, on this device or another one.
struct SessionFacts {
  std::string device;
  DeviceClass device_class = DeviceClass::desktop;
  bool primary = false;
  bool attached = false;  // its connection stands
  bool ended = false;
  Seconds idle_s = 0;       // since its last use
  Seconds signed_in_s = 0;  // since a person signed the device in; resuming does not start it anew
};

struct CredentialFacts {
  CredentialKind kind = CredentialKind::device_key;
  Seconds password_age_s = 0;
  bool password_breached = false;
};

struct PassedFactor {
  Factor kind{};
  Seconds age_s = 0;
};

// The request to the primary that belongs to this sign-in.
struct ApprovalFacts {
  ApprovalState state = ApprovalState::none;
  Approval method = Approval::number_match;
  Seconds age_s = 0;  // since the primary answered
  std::int64_t failed_attempts = 0;
  std::int64_t asked_today = 0;
};

struct RecoveryFacts {
  std::optional<Recovery> path;  // the one that was begun
  Seconds age_s = 0;             // since then; all devices were told at its beginning
  bool objected = false;         // one of the user's devices objected
  std::int64_t admins = 0;       // tenant admins who signed for it
};

struct Listing {
  Listed kind{};
  std::string list;  // which list says so
};

struct NetworkFacts {
  std::optional<network::Address> address;
  std::string country;          // ISO 3166-1, upper case; empty: not known
  std::uint32_t as_number = 0;  // 0: not known
  std::vector<Listing> listed;
  bool client_certificate = false;  // one of the tenant's authority was proven in the handshake
  // Why one that was presented does not count, in a word: "expired"; empty: it does, or none was.
  std::string certificate_refused;
  Access access = Access::unknown;
};

// What the signals found; the tenant's policy gives the weight.
struct FindingFacts {
  signals::FindingKind kind{};
  std::int64_t confidence = 100;  // per hundred
  std::string detail;             // a sentence for people
};

struct Facts {
  std::int64_t now_ms = 0;  // UTC; only to say when to look again
  // A session that is not attached and was not used for this long is dead (the server's setting).
  Seconds session_dead_after_s = 900;
  AccountFacts account;
  DeviceFacts device;
  std::vector<SessionFacts> sessions;
  CredentialFacts credential;
  std::vector<PassedFactor> passed;  // on this device
  ApprovalFacts approval;
  RecoveryFacts recovery;
  NetworkFacts network;
  std::vector<FindingFacts> findings;
};

// For the moment when a password is set.
struct PasswordFacts {
  std::int64_t characters = 0;
  bool breached = false;
  bool reused = false;  // by the same person in another tenant (keyed digest of the token)
};

}  // namespace conclave::policy
