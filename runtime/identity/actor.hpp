#pragma once

#include <cstdint>
#include <initializer_list>

#include "runtime/base/ids.hpp"

namespace conclave::identity {

// Tenant-wide roles (X.1606 clause 6; requirement C-11). A person may hold several; auditor
// excludes every *_admin role (separation of duties). provider_* exist only in the provider's own
// tenant.
enum class Role : std::uint8_t {
  member = 0,
  guest = 1,           // reaches only rooms that it was invited to; finds nobody in search
  service = 2,         // a program's account
  user_admin = 3,      // users, groups, devices
  room_admin = 4,      // rooms and their roles, without becoming a member unseen
  security_admin = 5,  // policies, sessions, keys of the tenant
  auditor = 6,         // reads the audit trail, changes nothing
  provider_admin = 7,  // tenants, backups, the installation
  provider_auditor = 8,
};

class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) add(role);
  }
  static constexpr RoleSet from_bits(std::uint32_t bits) {
    RoleSet out;
    out.bits_ = bits;
    return out;
  }
  constexpr void add(Role role) { bits_ |= 1U << static_cast<unsigned>(role); }
  constexpr void remove(Role role) { bits_ &= ~(1U << static_cast<unsigned>(role)); }
  [[nodiscard]] constexpr bool has(Role role) const {
    return (bits_ >> static_cast<unsigned>(role) & 1U) != 0;
  }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  friend bool operator==(const RoleSet&, const RoleSet&) = default;

 private:
  std::uint32_t bits_ = 0;
};

// Who asks: filled from the session by the door, trusted by the domain. Every domain call takes it
// first, and every look-up is keyed by actor.tenant, so that no id of another tenant can be
// reached.
struct Actor {
  TenantId tenant;
  UserId user;
  DeviceId device;
  SessionId session;
  RoleSet roles;
  bool restricted = false;  // Session::restriction says to what
};

}  // namespace conclave::identity
