#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/identity/model.hpp"
#include "runtime/identity/sound_rows.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::identity {

// What others may see of a user.
struct UserView {
  UserId user;
  std::string account;       // local@domain
  std::string display_name;  // the account's local part when the user chose none
  UserKind kind = UserKind::person;
  UserState state = UserState::active;
  RoleSet roles;  // effective
};

// Who exists: tenants, users, groups, devices, credentials, in memory. On the shard's thread only.
//
// Pointers that look-ups return are valid until the caller's next co_await. Every look-up is keyed
// by tenant: no id of another tenant can be reached. Changes are made by the services of this
// folder, through RowWriter; put_*() only mirrors in memory what is on disk already.
class Directory {
 public:
  struct Parts {
    hsm::api::KeyService& keys;
    observe::Metrics& metrics;
  };
  explicit Directory(Parts parts);
  ~Directory();

  // Takes the rows of its kinds. One that is unsound, or cannot be read, gives no power: it is left
  // out and counted, and the subject that it belongs to is marked damaged.
  void load(const SoundRows& rows);

  [[nodiscard]] const Tenant* tenant(TenantId id) const;
  [[nodiscard]] const Tenant* tenant_by_domain(std::string_view domain) const;
  [[nodiscard]] const Tenant* provider() const;
  [[nodiscard]] std::vector<const Tenant*> tenants() const;  // by domain

  [[nodiscard]] const User* user(TenantId tenant, UserId id) const;
  [[nodiscard]] const User* user_by_name(TenantId tenant, std::string_view local) const;
  // "local@domain", only within `tenant`.
  [[nodiscard]] const User* user_by_account(TenantId tenant, std::string_view account) const;
  // True for a user that exists, is neither disabled nor deleted, and whose rows are sound.
  [[nodiscard]] bool active(TenantId tenant, UserId id) const;
  [[nodiscard]] RoleSet roles_of(TenantId tenant, UserId id) const;  // own and through groups
  [[nodiscard]] std::string account_of(const User& user) const;
  // By name, deleted ones left out.
  [[nodiscard]] std::vector<const User*> users(TenantId tenant) const;

  [[nodiscard]] const Credential* credential(TenantId tenant, UserId id) const;
  [[nodiscard]] const Device* device(TenantId tenant, DeviceId id) const;
  [[nodiscard]] std::vector<const Device*> devices_of(TenantId tenant, UserId id) const;
  [[nodiscard]] const Group* group(TenantId tenant, GroupId id) const;
  [[nodiscard]] const Group* group_by_name(TenantId tenant, std::string_view name) const;
  [[nodiscard]] std::vector<const Group*> groups(TenantId tenant) const;

  // Display names are sealed; these open what is not open yet (one request for all) and keep it.
  // Unknown users are left out. When keyd is away, names fall back to the local part.
  [[nodiscard]] Task<std::vector<UserView>> describe(TenantId tenant, std::vector<UserId> users);
  [[nodiscard]] Task<std::optional<UserView>> describe_one(TenantId tenant, UserId user);
  // Active users whose name or display name has a word that starts with `query`, by name. Guests
  // find nobody.
  [[nodiscard]] Task<std::vector<UserView>> search(Actor actor, std::string query,
                                                   std::size_t limit);
  // Names of devices, in the order of `devices`; empty where there is none or keyd is away.
  [[nodiscard]] Task<std::vector<std::string>> device_names(TenantId tenant,
                                                            std::vector<DeviceId> devices);

  // Mirrors of stored rows, for the writers of this folder.
  void put_tenant(Tenant tenant);
  void put_user(User user, std::optional<std::string> display_name);
  void put_credential(TenantId tenant, Credential credential);
  void drop_credential(TenantId tenant, UserId user);
  void put_device(Device device, std::optional<std::string> name);
  void put_group(Group group);
  void drop_group(TenantId tenant, GroupId group);
  void drop_tenant(TenantId tenant);
  void touch_device(TenantId tenant, DeviceId device, std::int64_t now_ms, std::string address);

  // Devices whose activity is newer than their row by more than `age_ms`; at most `limit`.
  [[nodiscard]] std::vector<Device> stale_activity(std::int64_t age_ms, std::size_t limit) const;

  [[nodiscard]] std::uint64_t refused_rows() const { return refused_; }
  // True when the store held no record at all: a first start.
  [[nodiscard]] bool was_empty() const { return was_empty_; }

 private:
  struct Shelf;  // everything of one tenant

  [[nodiscard]] Shelf* shelf(TenantId tenant) const;
  void take(const store::Record& record);
  void take_group_member(const store::Record& record);
  void refuse(const store::Record& record, std::string_view why);
  void disempower(const store::Record& record);
  void mark_damaged(TenantId tenant, UserId user, std::string name);
  [[nodiscard]] Task<void> open_names(TenantId tenant, std::vector<UserId> users);

  hsm::api::KeyService& keys_;
  std::map<TenantId, std::unique_ptr<Shelf>> shelves_;
  std::map<std::string, TenantId, std::less<>> by_domain_;
  TenantId provider_;
  std::uint64_t refused_ = 0;
  bool was_empty_ = true;
  observe::Counter refused_total_;
};

}  // namespace conclave::identity
