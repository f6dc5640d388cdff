// Doorkeeper: looking again at what was let in.
#include <algorithm>

#include "policies/engine/engine.hpp"
#include "runtime/admission/doorkeeper.hpp"
#include "runtime/admission/report.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::admission {

namespace {

using identity::Device;
using identity::Session;
using identity::SessionEnd;
using policy::Decision;
using policy::Outcome;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kExpiryMs = 3'600'000;
constexpr std::size_t kSessionsAtOnce = 500;
constexpr std::size_t kDevicesAtOnce = 50;

}  // namespace

Task<void> Doorkeeper::look_again(SessionId id) {
  const Session* session = parts_.sessions.find(id);
  if (session == nullptr) co_return;
  auto candidate = gatherer_.candidate_of(*session);
  if (!candidate) co_return;
  if (parts_.knowledge.prepare) {
    co_await parts_.knowledge.prepare(candidate->device.tenant, candidate->device.user);
  }
  session = parts_.sessions.find(id);
  if (session == nullptr) co_return;
  const Decision decision =
      policy::decide(gatherer_.gather(*candidate, gatherer_.observe(*candidate)),
                     policy_of(candidate->device.tenant));
  const bool was_restricted = session->restriction != nullptr;
  const bool stays = decision.outcome == Outcome::allow
                         ? !was_restricted
                         : decision.outcome == Outcome::restrict && was_restricted;
  if (stays) {
    parts_.sessions.set_recheck(id, next_look(decision, parts_.clock.utc_ms()));
    co_return;
  }
  observe::info("session.looked_at", {{"session", id},
                                      {"outcome", policy::to_text(decision.outcome)},
                                      {"reasons", reasons_line(decision)}});
  notify(*candidate, decision, "policy", {});
  // Its device proves its key again and hears the reasons there.
  static_cast<void>(parts_.sessions.end(id, SessionEnd::changed));
  if (decision.outcome == Outcome::allow) co_return;
  const Device& device = candidate->device;
  audit::Entry entry{device.tenant,
                     device.user,
                     device.tenant,
                     device.id,
                     "session.ended_by_policy",
                     base::to_text(device.id),
                     {{"outcome", std::string(policy::to_text(decision.outcome))},
                      {"reasons", reasons_line(decision)}}};
  if (auto recorded = co_await parts_.writer.record(std::move(entry)); !recorded) {
    observe::warn("session.not_recorded", {{"error", recorded.error()}});
  }
}

void Doorkeeper::policy_changed(TenantId tenant) {
  for (const Session* session : parts_.sessions.of_tenant(tenant)) {
    parts_.sessions.set_recheck(session->id, 1);
  }
}

void Doorkeeper::account_changed(TenantId tenant, UserId user) {
  for (const Session* session : parts_.sessions.of_user(tenant, user)) {
    parts_.sessions.set_recheck(session->id, 1);
  }
}

Task<void> Doorkeeper::expire_devices() {
  const std::int64_t now_ms = parts_.clock.utc_ms();
  std::vector<Device> idle;
  for (const identity::Tenant* tenant : parts_.directory.tenants()) {
    const std::int64_t most_ms = policy_of(tenant->id).devices.idle_days * kDayMs;
    for (const identity::User* user : parts_.directory.users(tenant->id)) {
      for (const Device* device : parts_.directory.devices_of(tenant->id, user->id)) {
        if (device->revoked_ms != 0 || now_ms - device->last_active_ms <= most_ms) continue;
        const auto sessions = parts_.sessions.of_user(tenant->id, user->id);
        const bool open = std::ranges::any_of(sessions, [&](const Session* session) {
          return session->actor.device == device->id && session->attached;
        });
        if (!open && idle.size() < kDevicesAtOnce) idle.push_back(*device);
      }
    }
  }
  for (const Device& device : idle) {
    audit::Entry entry{device.tenant,
                       {},
                       {},
                       {},
                       "device.expired",
                       base::to_text(device.id),
                       {{"idle_days", std::to_string((now_ms - device.last_active_ms) / kDayMs)}}};
    auto revoked =
        co_await identity::revoke_device(parts_.directory, parts_.sessions, parts_.writer, now_ms,
                                         device.tenant, device.id, std::move(entry));
    if (!revoked) co_return observe::warn("device.not_expired", {{"error", revoked.error()}});
  }
}

Task<void> Doorkeeper::look_around() {
  for (const SessionId id : parts_.sessions.due(parts_.clock.utc_ms(), kSessionsAtOnce)) {
    co_await look_again(id);
    // Other work gets its turn in between: a change of rules has all sessions of a tenant looked
    // at.
    static_cast<void>(
        co_await async::await_callback<void>([](Callback<void> done) { done(Result<void>{}); }));
  }
}

Task<void> Doorkeeper::upkeep() {
  sweep();
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  if (expired_ms_ != 0 && now_ms - expired_ms_ < kExpiryMs) co_return;
  expired_ms_ = now_ms;
  co_await expire_devices();
}

}  // namespace conclave::admission
