#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "runtime/identity/administration.hpp"
#include "runtime/identity/sound_rows.hpp"
#include "runtime/orders/model.hpp"

namespace conclave::orders {

// Why somebody may not ban or order just now: not from the primary device, no second factor lately.
using StrongEnough = std::function<Result<void>(const identity::Actor&)>;

// Bans of devices. On the shard's thread.
class Bans {
 public:
  struct Parts {
    identity::Directory& directory;
    identity::Sessions& sessions;
    identity::RowWriter& writer;
    const identity::Administration& administration;
    const base::Clock& clock;
    StrongEnough strong_enough;  // never empty
  };
  explicit Bans(Parts parts) : parts_(std::move(parts)) {}

  // From the rows of a start. An unsound or missing ban gives nobody anything: its person's new
  // devices are refused (banned()) until an admin has banned or lifted that place again.
  void load(const identity::SoundRows& rows);

  // To be asked at each sign-in, before a device is stored. `key_digest` is SHA-256 of the device's
  // key; `hardware_digest` may be empty. True: the key or the hardware is banned, or the device is
  // new and a ban of this person was tampered with.
  [[nodiscard]] bool banned(TenantId tenant, UserId user, const base::Sha256& key_digest,
                            ByteView hardware_digest) const;

  // The caller's own device. Revokes it and ends its sessions in the same transaction; again: no
  // effect.
  [[nodiscard]] Task<Result<void>> ban_own(identity::Actor actor, DeviceId device);
  // Needs user_admin or security_admin; for everybody of the tenant.
  [[nodiscard]] Task<Result<void>> ban(identity::Actor actor, TenantId tenant, UserId user,
                                       DeviceId device);
  // Needs user_admin. The device's key stays revoked; its hardware may come back with a new key.
  // kBanNotFound.
  [[nodiscard]] Task<Result<void>> lift(identity::Actor actor, TenantId tenant, UserId user,
                                        DeviceId device);
  // Those that hold, newest first. Needs user_admin or security_admin.
  [[nodiscard]] Result<std::vector<Ban>> list(const identity::Actor& actor, TenantId tenant,
                                              UserId user) const;
  // Whether a ban of this person was tampered with.
  [[nodiscard]] bool unclear(TenantId tenant, UserId user) const;

 private:
  struct Place {
    TenantId tenant;
    UserId user;
    DeviceId device;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  [[nodiscard]] Task<Result<void>> store(identity::Actor actor, Place place, bool wide,
                                         bool lifted);
  [[nodiscard]] std::uint64_t next_version(const Place& place) const;

  Parts parts_;
  std::map<Place, Ban> bans_;
  std::set<Place> tampered_;
};

}  // namespace conclave::orders
