#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/erasure/key_eraser.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/identity/belongings.hpp"
#include "runtime/identity/room_administration.hpp"

namespace conclave::identity {

struct NewUser {
  std::string name;  // local part
  std::string display_name;
  UserKind kind = UserKind::person;
  RoleSet roles;
  std::optional<base::Secret> password;  // without one nobody can enrol a device yet
};

struct UserChange {
  std::optional<std::string> display_name;
  std::optional<RoleSet> roles;
  std::optional<bool> enabled;
  std::optional<base::Secret> password;  // set by an admin: no old one needed, sessions end
};

struct SessionView {
  SessionId session;
  UserId user;
  DeviceId device;
  std::string address;
  std::int64_t created_ms = 0;
  std::int64_t last_active_ms = 0;
  bool online = false;
};

// What admins do, over the management API. Each call names the tenant that it acts on: an admin of
// that tenant, or a provider_admin, may; others get kDenied, and a tenant that is not theirs looks
// like one that does not exist. Each change is one audited transaction. On the shard's thread.
class Administration {
 public:
  struct Parts {
    Directory& directory;
    Sessions& sessions;
    Passwords& passwords;
    RowWriter& writer;
    erasure::KeyEraser& eraser;
    hsm::api::KeyService& keys;
    store::ContentStore& store;
    const base::Clock& clock;
    base::Random& random;
    RoomAdministration* rooms = nullptr;  // told of deleted tenants
  };
  explicit Administration(Parts parts) : parts_(parts) {}

  // Rows of other modules that end with their user; outlives this.
  void also_delete(Belongings* belongings) { belongings_.push_back(belongings); }

  // provider_admin only. Makes the tenant's keys in the token before the row.
  [[nodiscard]] Task<Result<TenantId>> create_tenant(Actor actor, std::string domain);
  [[nodiscard]] Result<std::vector<Tenant>> list_tenants(Actor actor) const;
  // Ends its sessions and deletes its rows; its keys die in a ceremony (two approvers).
  [[nodiscard]] Task<Result<void>> delete_tenant(Actor actor, TenantId tenant);

  // Needs user_admin.
  [[nodiscard]] Task<Result<UserId>> create_user(Actor actor, TenantId tenant, NewUser user);
  [[nodiscard]] Task<Result<void>> change_user(Actor actor, TenantId tenant, UserId user,
                                               UserChange change);
  // Removes devices and credential; the name stays taken. From now on nobody reads what the user
  // wrote; the author key is destroyed as soon as keyd answers. Again: the same answer.
  [[nodiscard]] Task<Result<void>> delete_user(Actor actor, TenantId tenant, UserId user);
  // `query` empty: all; after the name `after`.
  [[nodiscard]] Task<Result<std::vector<UserView>>> list_users(Actor actor, TenantId tenant,
                                                               std::string query, std::string after,
                                                               std::size_t limit);
  [[nodiscard]] Task<Result<UserView>> get_user(Actor actor, TenantId tenant, UserId user);

  [[nodiscard]] Task<Result<GroupId>> create_group(Actor actor, TenantId tenant, std::string name,
                                                   RoleSet roles);
  [[nodiscard]] Task<Result<void>> set_group_roles(Actor actor, TenantId tenant, GroupId group,
                                                   RoleSet roles);
  [[nodiscard]] Task<Result<void>> delete_group(Actor actor, TenantId tenant, GroupId group);
  [[nodiscard]] Task<Result<void>> add_member(Actor actor, TenantId tenant, GroupId group,
                                              UserId user);
  [[nodiscard]] Task<Result<void>> remove_member(Actor actor, TenantId tenant, GroupId group,
                                                 UserId user);
  [[nodiscard]] Result<std::vector<Group>> list_groups(Actor actor, TenantId tenant) const;

  // Revoked ones included.
  [[nodiscard]] Task<Result<std::vector<DeviceView>>> list_devices(Actor actor, TenantId tenant,
                                                                   UserId user);
  [[nodiscard]] Task<Result<void>> sign_out_device(Actor actor, TenantId tenant, DeviceId device);
  [[nodiscard]] Task<Result<void>> remove_device(Actor actor, TenantId tenant, DeviceId device);

  // Need security_admin or user_admin.
  [[nodiscard]] Result<std::vector<SessionView>> list_sessions(Actor actor, TenantId tenant) const;
  [[nodiscard]] Task<Result<void>> end_session(Actor actor, TenantId tenant, SessionId session);

  // kDenied unless the actor holds one of `roles` in `tenant`, or is a provider_admin;
  // kTenantNotFound when the tenant is not one that the actor may know of.
  [[nodiscard]] Result<void> authorise(const Actor& actor, TenantId tenant, RoleSet roles) const;
  // provider_admin, or (when `read_only`) provider_auditor.
  [[nodiscard]] Result<void> authorise_provider(const Actor& actor, bool read_only) const;
  // An id text or a domain; "self" is the actor's own.
  [[nodiscard]] Result<TenantId> resolve_tenant(const Actor& actor, std::string_view text) const;
  // An id text, a local part or an account.
  [[nodiscard]] Result<UserId> resolve_user(TenantId tenant, std::string_view text,
                                            bool deleted_too = false) const;
  [[nodiscard]] Result<GroupId> resolve_group(TenantId tenant, std::string_view text) const;

  // Used by bootstrap as well, which has no actor.
  [[nodiscard]] Task<Result<TenantId>> make_tenant(Actor by, std::string domain, bool provider);
  [[nodiscard]] Task<Result<UserId>> make_user(Actor by, TenantId tenant, NewUser user);

 private:
  // Nobody gives or takes powers that are above their own, nor touches their own: kDenied.
  [[nodiscard]] Result<void> may_manage(const Actor& actor, TenantId tenant, RoleSet powers) const;
  // A user that `actor` may change.
  [[nodiscard]] Result<User> manageable(const Actor& actor, TenantId tenant, UserId user) const;
  [[nodiscard]] Task<Result<void>> apply(Actor actor, User user, UserChange change,
                                         std::optional<Credential> credential,
                                         PasswordVerdict verdict);
  [[nodiscard]] Result<Group> group_for_change(const Actor& actor, TenantId tenant,
                                               GroupId id) const;
  // Stores a group's change and ends the sessions of those whose roles it changes.
  [[nodiscard]] Task<Result<void>> store_group(Group group, std::vector<store::Record> rows,
                                               store::Transaction more, audit::Entry entry,
                                               std::vector<UserId> affected);
  [[nodiscard]] bool is_last_provider_admin(TenantId tenant, UserId user) const;

  Parts parts_;
  std::vector<Belongings*> belongings_;
};

}  // namespace conclave::identity
