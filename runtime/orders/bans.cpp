#include "runtime/orders/bans.hpp"

#include <algorithm>

#include "runtime/identity/admin_entry.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/orders/errors.hpp"
#include "runtime/orders/records.hpp"

namespace conclave::orders {
namespace {

using identity::Role;
using identity::RoleSet;

constexpr RoleSet kDeviceAdmins{Role::user_admin, Role::security_admin};

}  // namespace

void Bans::load(const identity::SoundRows& rows) {
  bans_.clear();
  tampered_.clear();
  const auto distrust = [this](const store::Record& row) {
    tampered_.insert({row.tenant, UserId{row.id}, DeviceId{row.sub}});
    observe::error("alarm.ban_unclear", {{"tenant", row.tenant},
                                         {"user", UserId{row.id}},
                                         {"device", DeviceId{row.sub}},
                                         {"advice",
                                          "new devices of this person are refused; ban "
                                          "the device again, or lift the ban"}});
  };
  for (const auto& row : rows.of(store::RecordKind::ban)) {
    auto ban = decode_ban(row);
    if (!ban) {
      identity::tell_row_refused(row, ban.error().text());
      distrust(row);
      continue;
    }
    bans_[{ban->tenant, ban->user, ban->device}] = std::move(*ban);
  }
  // One that somebody invented takes nothing away from a ban that was given.
  for (const auto& unsound : rows.unsound(store::RecordKind::ban)) {
    if (unsound.expected) distrust(unsound.row);
  }
}

bool Bans::unclear(TenantId tenant, UserId user) const {
  const auto at = tampered_.lower_bound({tenant, user, DeviceId{}});
  return at != tampered_.end() && at->tenant == tenant && at->user == user;
}

bool Bans::banned(TenantId tenant, UserId user, const base::Sha256& key_digest,
                  ByteView hardware_digest) const {
  for (auto at = bans_.lower_bound({tenant, UserId{}, DeviceId{}});
       at != bans_.end() && at->first.tenant == tenant; ++at) {
    const Ban& ban = at->second;
    if (ban.lifted_ms != 0 || (!ban.wide && ban.user != user)) continue;
    if (ban.key_digest == key_digest) return true;
    if (!ban.hardware_digest.empty() && std::ranges::equal(ban.hardware_digest, hardware_digest)) {
      return true;
    }
  }
  if (!unclear(tenant, user)) return false;
  const auto devices = parts_.directory.devices_of(tenant, user);
  return std::ranges::none_of(devices, [&](const identity::Device* device) {
    return device->revoked_ms == 0 && base::sha256(device->key.point) == key_digest;
  });
}

std::uint64_t Bans::next_version(const Place& place) const {
  // What version a row had that was taken away is not known any more; the time in milliseconds is
  // above all that counting from 1 could have reached.
  if (tampered_.contains(place)) return static_cast<std::uint64_t>(parts_.clock.utc_ms());
  const auto known = bans_.find(place);
  return known == bans_.end() ? 1 : known->second.version + 1;
}

Task<Result<void>> Bans::ban_own(identity::Actor actor, DeviceId device) {
  CONCLAVE_CO_TRY(parts_.strong_enough(actor));
  co_return co_await store(actor, {actor.tenant, actor.user, device}, false, false);
}

Task<Result<void>> Bans::ban(identity::Actor actor, TenantId tenant, UserId user, DeviceId device) {
  CONCLAVE_CO_TRY(parts_.administration.authorise(actor, tenant, kDeviceAdmins));
  CONCLAVE_CO_TRY(parts_.strong_enough(actor));
  co_return co_await store(actor, {tenant, user, device}, true, false);
}

Task<Result<void>> Bans::lift(identity::Actor actor, TenantId tenant, UserId user,
                              DeviceId device) {
  CONCLAVE_CO_TRY(parts_.administration.authorise(actor, tenant, {Role::user_admin}));
  CONCLAVE_CO_TRY(parts_.strong_enough(actor));
  co_return co_await store(actor, {tenant, user, device}, false, true);
}

Task<Result<void>> Bans::store(identity::Actor actor, Place place, bool wide, bool lifted) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const identity::Device* found = parts_.directory.device(place.tenant, place.device);
  if (found == nullptr || found->user != place.user) co_return fail(identity::kDeviceNotFound);
  const auto known = bans_.find(place);
  const bool holds = known != bans_.end() && known->second.lifted_ms == 0;
  const bool sound = !tampered_.contains(place);
  if (lifted && !holds && sound) co_return fail(kBanNotFound);
  if (!lifted && holds && sound && (known->second.wide || !wide)) co_return Result<void>{};

  const std::int64_t now_ms = parts_.clock.utc_ms();
  Ban ban{place.tenant,
          place.user,
          place.device,
          base::sha256(found->key.point),
          found->hardware_digest,
          wide,
          actor.user,
          actor.tenant,
          now_ms,
          lifted ? now_ms : 0,
          next_version(place)};
  std::vector<store::Record> rows;
  rows.push_back(encode(ban));
  identity::Device device = *found;
  const bool revokes = !lifted && device.revoked_ms == 0;
  if (revokes) {
    device.revoked_ms = now_ms;
    ++device.version;
    rows.push_back(identity::encode(device));
  }
  CONCLAVE_CO_TRY(co_await parts_.writer.write(
      std::move(rows), {},
      identity::admin_entry(actor, place.tenant, lifted ? "device.ban_lifted" : "device.banned",
                            base::to_text(place.device))));
  bans_[place] = std::move(ban);
  tampered_.erase(place);
  if (revokes) {
    parts_.directory.put_device(std::move(device), std::nullopt);
    parts_.sessions.end_device(place.tenant, place.user, place.device,
                               identity::SessionEnd::revoked);
  }
  co_return Result<void>{};
}

Result<std::vector<Ban>> Bans::list(const identity::Actor& actor, TenantId tenant,
                                    UserId user) const {
  CONCLAVE_TRY(parts_.administration.authorise(actor, tenant, kDeviceAdmins));
  std::vector<Ban> out;
  for (auto at = bans_.lower_bound({tenant, user, DeviceId{}});
       at != bans_.end() && at->first.tenant == tenant && at->first.user == user; ++at) {
    if (at->second.lifted_ms == 0) out.push_back(at->second);
  }
  std::ranges::sort(out, std::greater{}, &Ban::at_ms);
  return out;
}

}  // namespace conclave::orders
