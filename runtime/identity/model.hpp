#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hsm/api/signature.hpp"
#include "runtime/identity/actor.hpp"

// The things that the directory keeps, as values.
namespace conclave::identity {

// A text that a person typed, sealed under an author key by KeyService::seal_rows. `version` is the
// one that it was sealed with (part of the additional data), not the row's.
struct SealedText {
  std::uint64_t version = 0;
  Bytes sealed;  // empty: no text
};

enum class TenantState : std::uint8_t { active = 1, deleted = 2 };
enum class UserKind : std::uint8_t { person = 1, service = 2 };
enum class UserState : std::uint8_t { active = 1, disabled = 2, deleted = 3 };

struct Tenant {
  TenantId id;
  std::string domain;  // lower case; an account is local@domain
  TenantState state = TenantState::active;
  bool provider = false;  // the operator's own tenant: exactly one
  std::int64_t created_ms = 0;
  std::uint64_t version = 0;
};

struct User {
  UserId id;
  TenantId tenant;
  std::string name;  // local part of the account, lower case, never reused
  UserKind kind = UserKind::person;
  UserState state = UserState::active;
  RoleSet own_roles;  // granted to the user itself; see Directory::roles_of for the effective ones
  SealedText display;
  std::int64_t created_ms = 0;
  std::uint64_t version = 0;
  // A row of this subject failed its MAC: nobody can sign in as it until an operator mends it.
  bool damaged = false;
};

struct Credential {  // the password of a user
  UserId user;
  Bytes salt;                // 16 bytes
  std::uint32_t passes = 0;  // Argon2id cost
  std::uint32_t memory_kib = 0;
  Bytes tag;                // KeyService::password_mac over the Argon2id output
  std::int64_t set_ms = 0;  // UTC; 0: before this was kept
  bool breached = false;    // it was seen to stand on the list of breached ones
  std::uint64_t version = 0;
};

struct Device {
  DeviceId id;
  TenantId tenant;
  UserId user;
  hsm::api::VerifyKey key;
  SealedText name;
  std::string platform;  // "linux", "ios", …; lower case letters, digits, '.', '-'
  std::int64_t created_ms = 0;
  std::int64_t last_active_ms = 0;    // UTC
  std::int64_t stored_active_ms = 0;  // what the row says; written at most once an hour
  std::string last_address;           // memory only
  std::int64_t revoked_ms = 0;        // not 0: a tombstone, which is kept
  // Digests of what the device says of itself: 32 bytes each, or empty.
  Bytes hardware_digest;  // of its hardware identifier (serial number, IMEI, ...)
  Bytes service_digest;   // of the identifier that the service gave it (SIM, push token, ...)
  bool attested = false;  // the key was proven to live in hardware
  bool primary = false;   // the one that approves newcomers (X.1606 8.1.1); at most one a user
  std::int64_t approved_ms = 0;  // by the primary or a recovery path; 0: never
  std::int64_t factor_ms = 0;    // a second factor was passed here last; 0: never
  std::uint8_t factor = 0;       // which: policy::Factor
  std::uint64_t version = 0;
};

struct Group {
  GroupId id;
  TenantId tenant;
  std::string name;  // as accounts' names
  RoleSet roles;     // what each member holds through the group
  std::set<UserId> members;
  std::map<UserId, std::uint64_t> member_versions;
  std::int64_t created_ms = 0;
  std::uint64_t version = 0;
};

// "user_admin" and so on; fails with kMalformed on an unknown one.
[[nodiscard]] std::string_view to_text(Role role);
[[nodiscard]] Result<Role> parse_role(std::string_view text);
[[nodiscard]] std::vector<std::string_view> role_names(RoleSet roles);

// Separation of duties: kRolesConflict when an auditor would also be an admin, or when provider
// roles would stand outside the provider's tenant.
[[nodiscard]] Result<void> check_roles(RoleSet roles, bool provider_tenant);

// 1 to 64 characters of a-z, 0-9, '.', '-', '_', starting with a letter or digit; folded to lower
// case.
[[nodiscard]] Result<std::string> clean_name(std::string_view text);
// A DNS name in lower case, at most 253 characters.
[[nodiscard]] Result<std::string> clean_domain(std::string_view text);
// UTF-8, trimmed, 1 to 128 bytes, no control characters.
[[nodiscard]] Result<std::string> clean_label(std::string_view text);

struct AccountName {
  std::string local;
  std::string domain;
};
// "local@domain", both cleaned.
[[nodiscard]] Result<AccountName> parse_account(std::string_view text);

}  // namespace conclave::identity
