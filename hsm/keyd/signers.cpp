#include "hsm/keyd/signers.hpp"

#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

using keyring::SignerKind;
using keyring::SignerRow;

constexpr std::int64_t kMinute_ms = 60'000;

base::Sha256 digest_of(const DeviceRow& device) {
  return base::sha256(device.key.point);
}

Result<void> note_device(Service& service, const DeviceRow& device) {
  auto& file = service.keyring.file();
  const auto known = file.signer(device.tenant, SignerKind::device, device.device.value);
  if (!known) return std::unexpected(known.error());
  SignerRow row{device.tenant,     SignerKind::device,     device.device.value, device.user,
                digest_of(device), service.clock.utc_ms(), !device.revoked};
  if (*known) {
    const SignerRow& before = **known;
    // Whoever gives a device another key or owner does so against every rule of the server.
    if (before.digest != row.digest || before.owner != row.owner) row.good = false;
    row.good = row.good && before.good;
    if (row.good == before.good) return {};
    row.digest = before.digest;
    row.owner = before.owner;
    row.since_ms = before.since_ms;
    return file.put_signer(row);
  }
  const auto others = file.has_device_signer(device.tenant, device.user);
  if (!others) return std::unexpected(others.error());
  if (!*others) row.since_ms = 0;
  observe::info("order.device_known", {{"tenant", device.tenant},
                                       {"user", device.user},
                                       {"device", device.device},
                                       {"first", !*others}});
  return file.put_signer(row);
}

Result<void> note_user(Service& service, const UserRow& user) {
  auto& file = service.keyring.file();
  const auto known = file.signer(user.tenant, SignerKind::admin, user.user.value);
  if (!known) return std::unexpected(known.error());
  const bool counts = user.order_admin && user.active;
  if (counts == known->has_value()) return {};
  if (!counts) return file.delete_signer(user.tenant, SignerKind::admin, user.user.value);
  observe::warn("order.admin_known", {{"tenant", user.tenant}, {"user", user.user}});
  return file.put_signer({user.tenant,
                          SignerKind::admin,
                          user.user.value,
                          user.user,
                          {},
                          service.clock.utc_ms(),
                          true});
}

Result<void> waited(Service& service, const SignerRow& row, std::string_view who) {
  const auto wait_ms =
      static_cast<std::int64_t>(service.options.config.keyd.order_wait_minutes) * kMinute_ms;
  const auto left_ms = row.since_ms + wait_ms - service.clock.utc_ms();
  if (row.since_ms == 0 || left_ms <= 0) return {};
  return std::unexpected(Error(api::kOrderWait, std::string(who)).retry_after(left_ms));
}

}  // namespace

Result<void> note_row(Service& service, ByteView content) {
  if (const auto device = parse_device_row(content)) return note_device(service, *device);
  if (const auto user = parse_user_row(content)) return note_user(service, *user);
  return {};
}

Result<void> known_device(Service& service, const DeviceRow& device) {
  const auto known =
      service.keyring.file().signer(device.tenant, SignerKind::device, device.device.value);
  if (!known) return std::unexpected(known.error());
  if (!*known) return fail(api::kOrderRefused, "a signer's device is not known to the key process");
  const SignerRow& row = **known;
  if (!row.good) return fail(api::kOrderRefused, "a signer's device was revoked");
  if (row.digest != digest_of(device) || row.owner != device.user) {
    return fail(api::kOrderRefused, "a signer's device had another key or owner");
  }
  return waited(service, row, "device");
}

Result<void> known_admin(Service& service, const UserRow& admin) {
  const auto known =
      service.keyring.file().signer(admin.tenant, SignerKind::admin, admin.user.value);
  if (!known) return std::unexpected(known.error());
  if (!*known) return fail(api::kOrderRefused, "a signer is no admin that the key process knows");
  return waited(service, **known, "admin");
}

}  // namespace conclave::hsm::keyd
