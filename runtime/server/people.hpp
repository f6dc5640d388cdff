#pragma once

#include "runtime/identity/directory.hpp"
#include "runtime/sync/user_directory.hpp"

namespace conclave::server {

// Identity's directory as chat and presence see it.
class People final : public sync::UserDirectory {
 public:
  explicit People(const identity::Directory& directory) : directory_(directory) {}

  [[nodiscard]] std::optional<identity::RoleSet> roles_of(TenantId tenant,
                                                          UserId user) const override {
    if (!directory_.active(tenant, user)) return std::nullopt;
    return directory_.roles_of(tenant, user);
  }
  [[nodiscard]] bool erased(TenantId tenant, UserId user) const override {
    const identity::User* const found = directory_.user(tenant, user);
    return found != nullptr && found->state == identity::UserState::deleted;
  }

 private:
  const identity::Directory& directory_;
};

}  // namespace conclave::server
