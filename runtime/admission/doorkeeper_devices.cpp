// Doorkeeper: what a decision changes in the rows of devices.
#include <algorithm>

#include "runtime/admission/doorkeeper.hpp"
#include "runtime/admission/errors.hpp"
#include "runtime/admission/report.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::admission {

namespace {

using identity::Actor;
using identity::Device;
using identity::SessionEnd;
using policy::Decision;

constexpr std::int64_t kMinuteMs = 60'000;

bool is_elected(const Decision& decision) {
  return decision.obligation(policy::Duty::elect_primary) != nullptr;
}

bool has_reason(const Decision& decision, policy::Code code) {
  return std::ranges::any_of(decision.reasons,
                             [code](const policy::Reason& one) { return one.code == code; });
}

bool was_approved(const Decision& decision) {
  return has_reason(decision, policy::Code::approval_given) ||
         has_reason(decision, policy::Code::recovery_done);
}

bool other_primary(const identity::Directory& directory, const Device& device) {
  return std::ranges::any_of(
      directory.devices_of(device.tenant, device.user), [&](const Device* other) {
        return other->primary && other->revoked_ms == 0 && other->id != device.id;
      });
}

}  // namespace

Task<Result<void>> Doorkeeper::keep_device(Candidate candidate, Decision decision) {
  const TenantId tenant = candidate.device.tenant;
  const UserId user = candidate.device.user;
  const DeviceId device = candidate.device.id;
  const bool recovered = has_reason(decision, policy::Code::recovery_done);
  const bool told = std::ranges::any_of(decision.reasons, [](const policy::Reason& one) {
    return one.effect != policy::Outcome::allow;
  });
  const bool changes = !candidate.passed.empty() || is_elected(decision) || was_approved(decision);
  if (candidate.newcomer) {
    CONCLAVE_CO_TRY(co_await store_newcomer(std::move(candidate), std::move(decision)));
  } else if (changes) {
    CONCLAVE_CO_TRY(co_await change_device(std::move(candidate), std::move(decision)));
  } else if (told) {
    audit::Entry entry{tenant,
                       user,
                       tenant,
                       device,
                       "sign_in.restricted",
                       base::to_text(device),
                       {{"reasons", reasons_line(decision)},
                        {"score", std::to_string(decision.score)},
                        {"address", candidate.connection.address}}};
    // A full disk must not keep an admin out who comes to mend it.
    if (auto recorded = co_await parts_.writer.record(std::move(entry)); !recorded) {
      observe::warn("sign_in.not_recorded", {{"error", recorded.error()}});
    }
  }
  if (!recovered) co_return Result<void>{};
  CONCLAVE_CO_TRY(co_await parts_.recovery.close(tenant, user, device));
  // The lost one cannot hand over any more.
  auto primary = co_await set_primary({tenant, user, device, {}, {}}, device, true);
  if (!primary && !primary.error().is(kPrimaryUnfit)) co_return primary;
  co_return Result<void>{};
}

Task<Result<void>> Doorkeeper::store_newcomer(Candidate candidate, Decision decision) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  Device& device = candidate.device;
  // Two sign-ins with one key at the same time: the second comes back as a known device.
  for (const Device* other : parts_.directory.devices_of(device.tenant, device.user)) {
    if (other->key == device.key) co_return fail(identity::kChangesBusy);
  }
  const std::int64_t now_ms = parts_.clock.utc_ms();
  device.created_ms = now_ms;
  device.last_active_ms = now_ms;
  device.stored_active_ms = now_ms;
  device.version = 1;
  device.primary = is_elected(decision) && !other_primary(parts_.directory, device);
  if (was_approved(decision)) device.approved_ms = now_ms;
  if (!candidate.passed.empty()) {
    device.factor = static_cast<std::uint8_t>(candidate.passed.back().kind);
    device.factor_ms = candidate.passed.back().at_ms;
  }
  auto sealed =
      co_await parts_.writer.seal(device.tenant, device.user, "device", base::to_text(device.id),
                                  "name", device.version, candidate.device_name);
  if (!sealed) co_return std::unexpected(sealed.error());
  device.name = std::move(*sealed);
  audit::Entry entry{device.tenant,
                     device.user,
                     device.tenant,
                     device.id,
                     "device.enrolled",
                     base::to_text(device.id),
                     {{"algorithm", std::string(hsm::api::to_text(device.key.algorithm))},
                      {"platform", device.platform},
                      {"primary", device.primary ? "yes" : "no"},
                      {"reasons", reasons_line(decision)},
                      {"address", candidate.connection.address}}};
  if (!candidate.certificate.empty()) {
    entry.facts.emplace_back("certificate", candidate.certificate);
  }
  std::vector<store::Record> rows;
  rows.push_back(identity::encode(device));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  parts_.directory.put_device(device, std::move(candidate.device_name));
  co_return Result<void>{};
}

Task<Result<void>> Doorkeeper::change_device(Candidate candidate, Decision decision) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Device* stored = parts_.directory.device(candidate.device.tenant, candidate.device.id);
  if (stored == nullptr || stored->revoked_ms != 0) co_return fail(identity::kSignInRefused);
  Device device = *stored;
  ++device.version;
  if (is_elected(decision)) device.primary = !other_primary(parts_.directory, device);
  if (was_approved(decision)) device.approved_ms = parts_.clock.utc_ms();
  if (!candidate.passed.empty()) {
    device.factor = static_cast<std::uint8_t>(candidate.passed.back().kind);
    device.factor_ms = candidate.passed.back().at_ms;
  }
  audit::Entry entry{device.tenant,
                     device.user,
                     device.tenant,
                     device.id,
                     "device.strengthened",
                     base::to_text(device.id),
                     {{"primary", device.primary ? "yes" : "no"},
                      {"reasons", reasons_line(decision)},
                      {"address", candidate.connection.address}}};
  std::vector<store::Record> rows;
  rows.push_back(identity::encode(device));
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  device.last_address = stored->last_address;
  parts_.directory.put_device(std::move(device), std::nullopt);
  co_return Result<void>{};
}

Task<Result<void>> Doorkeeper::verify(Actor actor, Proof proof) {
  if (!parts_.knowledge.verify) co_return fail(kFactorUnavailable);
  const policy::Factor kind = proof.kind;
  CONCLAVE_CO_TRY(
      co_await parts_.knowledge.verify(actor.tenant, actor.user, actor.device, std::move(proof)));
  const Device* device = parts_.directory.device(actor.tenant, actor.device);
  if (device == nullptr) co_return fail(identity::kSessionEnded);
  Candidate candidate;
  candidate.device = *device;
  candidate.passed.push_back({kind, parts_.clock.utc_ms()});
  CONCLAVE_CO_TRY(co_await change_device(std::move(candidate), Decision{}));
  if (actor.restricted) co_await look_again(actor.session);
  co_return Result<void>{};
}

Result<void> Doorkeeper::strong_enough(const Actor& actor) const {
  const Device* device = parts_.directory.device(actor.tenant, actor.device);
  if (device == nullptr || device->revoked_ms != 0) return fail(identity::kSessionEnded);
  if (device->primary) return {};
  const std::int64_t fresh_ms = policy_of(actor.tenant).factors.fresh_minutes * kMinuteMs;
  const std::int64_t now_ms = parts_.clock.utc_ms();
  if (device->factor_ms != 0 && now_ms - device->factor_ms <= fresh_ms) return {};
  const bool has_factors =
      parts_.knowledge.factors && !parts_.knowledge.factors(actor.tenant, actor.user).empty();
  if (!has_factors && !other_primary(parts_.directory, *device)) return {};
  return fail(kStrengthNeeded);
}

Task<Result<void>> Doorkeeper::make_primary(Actor actor, DeviceId id) {
  co_return co_await set_primary(actor, id, false);
}

Task<Result<void>> Doorkeeper::set_primary(Actor actor, DeviceId id, bool recovered) {
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Device* wanted = parts_.directory.device(actor.tenant, id);
  if (wanted == nullptr || wanted->user != actor.user || wanted->revoked_ms != 0) {
    co_return fail(identity::kDeviceNotFound);
  }
  const auto& rules = policy_of(actor.tenant).primary;
  if (wanted->hardware_digest.empty() || wanted->service_digest.empty() ||
      (rules.attestation && !wanted->attested)) {
    co_return fail(kPrimaryUnfit);
  }
  if (wanted->primary) co_return Result<void>{};
  if (!recovered) CONCLAVE_CO_TRY(strong_enough(actor));
  Device next = *wanted;
  next.primary = true;
  ++next.version;
  std::vector<Device> changed;
  for (const Device* other : parts_.directory.devices_of(actor.tenant, actor.user)) {
    if (!other->primary || other->id == id) continue;
    Device former = *other;
    former.primary = false;
    ++former.version;
    changed.push_back(std::move(former));
  }
  changed.push_back(std::move(next));
  std::vector<store::Record> rows;
  for (const Device& device : changed) rows.push_back(identity::encode(device));
  audit::Entry entry{actor.tenant,      actor.user, actor.tenant, actor.device, "device.primary",
                     base::to_text(id), {}};
  CONCLAVE_CO_TRY(co_await parts_.writer.write(std::move(rows), {}, std::move(entry)));
  for (Device& device : changed) parts_.directory.put_device(std::move(device), std::nullopt);
  parts_.hub.publish_to_user(sync::DeviceChanged{id, "primary", parts_.clock.utc_ms(), {}},
                             actor.tenant, actor.user);
  co_return Result<void>{};
}

}  // namespace conclave::admission
