#pragma once

#include <string>
#include <vector>

#include "runtime/base/clock.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/passwords.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sessions.hpp"
#include "runtime/identity/throttle.hpp"

namespace conclave::identity {

struct DeviceView {
  DeviceId device;
  std::string name;
  std::string platform;
  std::string algorithm;
  std::int64_t created_ms = 0;
  std::int64_t last_active_ms = 0;
  bool online = false;
  bool current = false;  // the one that asks
  bool revoked = false;
  bool primary = false;
  std::string address;  // last seen; empty when not known since the start
};

// What people do with their own account: methods device.*, user.* of the native protocol. On the
// shard's thread. Another user's device or user of another tenant is kDeviceNotFound,
// kUserNotFound.
class Account {
 public:
  struct Parts {
    Directory& directory;
    Sessions& sessions;
    Passwords& passwords;
    Throttle& throttle;
    RowWriter& writer;
    const base::Clock& clock;
  };
  explicit Account(Parts parts) : parts_(parts) {}

  // The caller's devices, newest activity first, without revoked ones.
  [[nodiscard]] Task<Result<std::vector<DeviceView>>> devices(Actor actor);
  [[nodiscard]] Task<Result<void>> rename_device(Actor actor, DeviceId device, std::string name);
  // Ends the device's session and its resume handle; the device may prove its key again.
  [[nodiscard]] Task<Result<void>> sign_out_device(Actor actor, DeviceId device);
  // Revokes the device's key for good and ends its session.
  [[nodiscard]] Task<Result<void>> remove_device(Actor actor, DeviceId device);

  [[nodiscard]] Task<Result<UserView>> me(Actor actor);
  [[nodiscard]] Task<Result<UserView>> get(Actor actor, UserId user);
  [[nodiscard]] Task<Result<UserView>> get_by_account(Actor actor, std::string account);
  [[nodiscard]] Task<Result<std::vector<UserView>>> search(Actor actor, std::string query,
                                                           std::size_t limit);
  [[nodiscard]] Task<Result<UserView>> set_profile(Actor actor, std::string display_name);
  // Needs the old password; other devices stay signed in, they hold keys of their own. What speaks
  // against the new one without refusing it: "password.reused", "password.breached".
  [[nodiscard]] Task<Result<std::vector<std::string>>> set_password(Actor actor,
                                                                    base::Secret old_password,
                                                                    base::Secret new_password);
  // The caller's own password, for what an open session alone does not suffice: kPasswordWrong,
  // kSignInThrottled.
  [[nodiscard]] Task<Result<void>> check_password(Actor actor, base::Secret password);

  // Ends one's own session (session.end).
  [[nodiscard]] Result<void> end_session(Actor actor);

 private:
  [[nodiscard]] Result<Device> own_device(const Actor& actor, DeviceId id) const;

  Parts parts_;
};

// For Account and Administration alike.
[[nodiscard]] Task<Result<std::vector<DeviceView>>> view_devices(Directory& directory,
                                                                 Sessions& sessions,
                                                                 TenantId tenant, UserId user,
                                                                 DeviceId current,
                                                                 bool revoked_too);
// One audited transaction, then the end of the device's sessions. Revoking again has no effect.
[[nodiscard]] Task<Result<void>> revoke_device(Directory& directory, Sessions& sessions,
                                               RowWriter& writer, std::int64_t now_ms,
                                               TenantId tenant, DeviceId device,
                                               audit::Entry entry);

}  // namespace conclave::identity
