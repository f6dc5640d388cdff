#include <algorithm>
#include <array>

#include "hsm/keyd/service.hpp"
#include "hsm/keyd/signers.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {
namespace {

constexpr std::int64_t kHour_ms = 3'600'000;
constexpr std::int64_t kAhead_ms = 300'000;               // clocks differ
constexpr std::int64_t kOldest_ms = 24 * kHour_ms;        // from the words to the signature
constexpr std::int64_t kLongest_ms = 90 * 24 * kHour_ms;  // how long a device may stay away
// The closed list of kinds; none of them has details yet.
constexpr std::array kKinds = {api::kWipe};
constexpr std::size_t kAdminsNeeded = 2;

struct Signer {
  DeviceRow device;
  UserRow user;
};

std::unexpected<Error> refused(std::string_view why) {
  return fail(api::kOrderRefused, std::string(why));
}

Result<void> check_terms(const api::OrderDocument& order, std::int64_t now_ms) {
  if (std::ranges::find(kKinds, order.kind) == kKinds.end()) return refused("kind of order");
  if (!order.details.empty()) return refused("details that this kind does not have");
  if (order.issued_ms > now_ms + kAhead_ms) return refused("issued in the future");
  if (order.issued_ms < now_ms - kOldest_ms) return refused("older than a day; give it anew");
  if (order.expires_ms <= now_ms) return refused("expired");
  if (order.expires_ms > order.issued_ms + kLongest_ms) return refused("valid for too long");
  return {};
}

Result<void> require_sound(Service& service, const api::PowerRow& row, std::string_view what) {
  const auto sound = sound_row(service, row);
  if (!sound) return std::unexpected(sound.error());
  if (!*sound) return refused("the MAC of " + std::string(what) + " does not hold");
  return {};
}

Result<void> check_target(Service& service, const api::OrderDocument& order,
                          const api::PowerRow& row) {
  CONCLAVE_TRY(require_sound(service, row, "the target's row"));
  const auto target = parse_device_row(row.content);
  if (!target) return refused("the target's row");
  if (target->tenant != order.tenant || target->device != order.device ||
      target->user != order.user || base::sha256(target->key.point) != order.device_key_digest) {
    return refused("the target's row is of another device");
  }
  return {};
}

// The rows are sound, belong together and to the tenant, are in force, and the device signed.
Result<Signer> check_signer(Service& service, const api::OrderDocument& order, ByteView document,
                            const api::CommandSigner& given) {
  CONCLAVE_TRY(require_sound(service, given.device, "a signer's device"));
  CONCLAVE_TRY(require_sound(service, given.user, "a signer's user"));
  auto device = parse_device_row(given.device.content);
  auto user = parse_user_row(given.user.content);
  if (!device || !user) return refused("a signer's row");
  if (device->tenant != order.tenant || user->tenant != order.tenant) {
    return refused("a signer of another tenant");
  }
  if (device->user != user->user) return refused("a signer's device belongs to somebody else");
  if (device->revoked) return refused("a signer's device is revoked");
  if (!user->active) return refused("a signer is not active");
  if (device->device == order.device) return refused("the target signs for itself");
  if (!api::verify(device->key, api::order_statement(document), given.signature)) {
    return refused("a signer's signature");
  }
  CONCLAVE_TRY(known_device(service, *device));
  return Signer{std::move(*device), *user};
}

Result<api::OrderAuthority> check_signers(Service& service, const api::OrderDocument& order,
                                          const api::CommandRequest& request) {
  std::vector<Signer> signers;
  for (const auto& given : request.signers) {
    auto signer = check_signer(service, order, request.document, given);
    if (!signer) return std::unexpected(signer.error());
    signers.push_back(std::move(*signer));
  }
  if (signers.size() == 1) {
    if (signers[0].user.user != order.user) {
      return refused("one signature, and not of the owner's device");
    }
    return api::OrderAuthority::owner;
  }
  if (signers.size() != kAdminsNeeded) return refused("no signature");
  for (const auto& signer : signers) {
    if (!signer.user.order_admin) return refused("a signer is no user_admin or security_admin");
    if (signer.user.user == order.user) return refused("an admin orders about their own device");
    CONCLAVE_TRY(known_admin(service, signer.user));
  }
  if (signers[0].user.user == signers[1].user.user ||
      signers[0].device.key == signers[1].device.key) {
    return refused("one admin signed twice");
  }
  return api::OrderAuthority::admins;
}

}  // namespace

Result<void> issue_command(Service& service, Call& call) {
  const auto request = api::read_command_request(call.in);
  if (!call.in.done()) return malformed(call);
  const auto order = api::parse_order(request.document);
  if (!order) return std::unexpected(order.error());
  call.tenant = order->tenant;
  const auto now_ms = service.clock.utc_ms();
  CONCLAVE_TRY(check_terms(*order, now_ms));
  CONCLAVE_TRY(check_target(service, *order, request.target));
  const auto authority = check_signers(service, *order, request);
  if (!authority) return std::unexpected(authority.error());
  const auto counted = service.keyring.file().count_order(
      order->tenant, base::sha256(request.document), service.options.config.keyd.orders_per_hour,
      now_ms - kHour_ms, now_ms);
  if (!counted) return std::unexpected(counted.error());
  if (!*counted) return std::unexpected(Error(api::kOrderLimit).retry_after(kHour_ms / 4));
  const auto key = service.key(labels::kCommand);
  if (!key) return std::unexpected(key.error());
  const auto statement = api::command_statement(request.document, *authority);
  const auto signature = service.token().sign(*key, base::sha256(statement));
  if (!signature) return std::unexpected(signature.error());
  // In keyd's own log: a compromised conclaved cannot keep quiet about it.
  observe::warn("order.signed", {{"kind", order->kind},
                                 {"order", base::to_text(order->order)},
                                 {"tenant", order->tenant},
                                 {"user", order->user},
                                 {"device", order->device},
                                 {"authority", api::to_text(*authority)}});
  call.out.u8(static_cast<std::uint8_t>(*authority)).run(*signature);
  return {};
}

}  // namespace conclave::hsm::keyd
