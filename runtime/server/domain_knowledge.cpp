// Domain: what admission asks the modules beside it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "runtime/admission/errors.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/server/domain.hpp"

namespace conclave::server {

Task<void> Domain::prepare_watch(TenantId tenant, UserId user) {
  // Without what is kept of the person the rest of the evidence still counts.
  if (auto ready = co_await watch.prepare(tenant, user); !ready) {
    observe::warn("whereabouts.not_opened", {{"user", user}, {"error", ready.error()}});
  }
}

whereabouts::Observation Domain::watched(const admission::Candidate& candidate) const {
  const identity::Device& device = candidate.device;
  whereabouts::Input input =
      whereabouts::input_of(device.tenant, device.user, candidate.newcomer ? DeviceId{} : device.id,
                            candidate.connection);
  if (const auto judged = authorities.judge(device.tenant, candidate.connection.certificates)) {
    input.client_certificate = judged->verdict == authorities::Verdict::proven;
    if (!input.client_certificate) {
      input.certificate_refused = authorities::to_text(judged->verdict);
    }
  }
  input.attended = candidate.credential != policy::CredentialKind::resume;
  for (const identity::Session* session : sessions.of_user(device.tenant, device.user)) {
    if (session->attached && session->actor.device != device.id) {
      input.online.push_back({session->actor.device, session->last_active_ms});
    }
  }
  whereabouts::Observation seen = watch.observe(input);
  add_crowd(candidate, &seen);
  return seen;
}

// Only who comes with a password and a key that nobody has seen can be out of a list, or one of
// many: all others have proved that they were here before.
void Domain::add_crowd(const admission::Candidate& candidate,
                       whereabouts::Observation* seen) const {
  constexpr double kPerHundred = 100;
  if (!candidate.newcomer || candidate.credential != policy::CredentialKind::password) return;
  const identity::Device& device = candidate.device;
  const identity::User* user = directory.user(device.tenant, device.user);
  if (user == nullptr) return;
  const policy::Policy& rules_in_force = rules.of(device.tenant);
  const auto& network = rules_in_force.network;
  const auto& counts = rules_in_force.automation;
  const std::string name = directory.account_of(*user);
  admission::Crowds::Asked asked{name, seen->network.address, device.hardware_digest,
                                 counts.window_minutes * 60'000};
  // The tenant's own networks: everybody is there.
  if (network.egress.hold(seen->network.address, seen->network.as_number) ||
      network.exempt.hold(seen->network.address, seen->network.as_number)) {
    asked.address.reset();
  }
  const auto found = crowds.look(
      asked, {counts.accounts_tried, counts.accounts_enrolled, counts.accounts_per_device});
  for (const signals::Finding& finding : found) {
    // A program is what a service account is for.
    const bool service = user->kind == identity::UserKind::service;
    if (service && finding.kind == signals::FindingKind::automated_attempts) continue;
    seen->findings.push_back(
        {finding.kind, std::lround(finding.confidence * kPerHundred), finding.words()});
  }
}

void Domain::note_crowd(const admission::Candidate& candidate) {
  const identity::Device& device = candidate.device;
  const identity::User* user = directory.user(device.tenant, device.user);
  if (user == nullptr) return;
  using Outcome = admission::Crowds::Outcome;
  crowds.note(directory.account_of(*user), candidate.connection.client, device.hardware_digest,
              candidate.newcomer ? Outcome::enrolled : Outcome::known);
}

void Domain::note_certificate(const admission::Candidate& candidate) {
  const identity::Device& device = candidate.device;
  certified_.erase({device.tenant, device.id});
  const auto judged = authorities.judge(device.tenant, candidate.connection.certificates);
  if (!judged || judged->verdict != authorities::Verdict::proven) return;
  certified_[{device.tenant, device.id}] = {device.user, judged->until_ms};
}

void Domain::look_at_expired() {
  const std::int64_t now_ms = base::system_clock().utc_ms();
  std::erase_if(certified_, [&](const auto& entry) {
    if (entry.second.until_ms > now_ms) return false;
    look_again(entry.first.first, entry.second.user, entry.first.second);
    return true;
  });
}

std::vector<whereabouts::Watch::PersonKey> Domain::everybody() const {
  std::vector<whereabouts::Watch::PersonKey> out;
  for (const identity::Tenant* tenant : directory.tenants()) {
    for (const identity::User* user : directory.users(tenant->id))
      out.push_back({tenant->id, user->id});
  }
  std::ranges::sort(out);
  return out;
}

void Domain::look_again(TenantId tenant, UserId user, DeviceId device) {
  for (const identity::Session* session : sessions.of_user(tenant, user)) {
    if (session->actor.device == device) sessions.set_recheck(session->id, 1);
  }
}

Task<Result<void>> Domain::verified(TenantId tenant, UserId user, DeviceId device,
                                    admission::Proof proof) {
  std::optional<factors::Proof> shown;
  if (proof.kind == policy::Factor::totp) {
    shown = factors::TotpCode{std::move(proof.code)};
  } else if (proof.kind == policy::Factor::recovery_code) {
    shown = factors::RecoveryCode{std::move(proof.code)};
  } else if (proof.kind == policy::Factor::webauthn && proof.assertion) {
    auto& answer = *proof.assertion;
    shown = factors::Assertion{std::move(answer.credential), std::move(answer.client_data),
                               std::move(answer.authenticator_data), std::move(answer.signature),
                               std::move(answer.user_handle)};
  }
  if (!shown) co_return fail(admission::kFactorUnavailable);
  auto passed = co_await factors.verify(tenant, user, std::move(*shown), {device});
  if (!passed) co_return std::unexpected(passed.error());
  co_return Result<void>{};
}

std::string Domain::challenge_for(TenantId tenant, UserId user) {
  const auto asked = factors.webauthn_challenge(tenant, user);
  if (!asked) return {};
  boost::json::array credentials;
  for (const Bytes& one : asked->credentials) {
    credentials.push_back(boost::json::string(base::base64url_encode(one)));
  }
  return boost::json::serialize(
      boost::json::object{{"challenge", base::base64url_encode(asked->challenge)},
                          {"rp_id", asked->rp_id},
                          {"credentials", std::move(credentials)},
                          {"expires_ms", asked->expires_ms}});
}

admission::Knowledge Domain::make_knowledge() {
  admission::Knowledge out;
  out.policy = [this](TenantId tenant) -> const policy::Policy& { return rules.of(tenant); };
  out.prepare = [this](TenantId tenant, UserId user) { return prepare_watch(tenant, user); };
  out.observe = [this](const admission::Candidate& candidate) { return watched(candidate); };
  out.learn = [this](const admission::Candidate& candidate, const whereabouts::Observation& seen,
                     whereabouts::Lesson lesson) {
    // A newcomer had no device yet when it was looked at.
    whereabouts::Observation settled = seen;
    settled.evidence.here.device = candidate.device.id;
    watch.learn(candidate.device.tenant, candidate.device.user, settled, lesson);
  };
  out.came_in = [this](const admission::Candidate& candidate) {
    note_certificate(candidate);
    note_crowd(candidate);
  };
  out.factors = [this](TenantId tenant, UserId user) { return factors.enrolled(tenant, user); };
  out.verify = [this](TenantId tenant, UserId user, DeviceId device, admission::Proof proof) {
    return verified(tenant, user, device, std::move(proof));
  };
  out.challenge = [this](TenantId tenant, UserId user) { return challenge_for(tenant, user); };
  out.banned = [this](const identity::Device& device) {
    return bans.banned(device.tenant, device.user, base::sha256(device.key.point),
                       device.hardware_digest);
  };
  return out;
}

orders::StrongEnough Domain::strength() {
  return [this](const identity::Actor& actor) { return doorkeeper.strong_enough(actor); };
}

}  // namespace conclave::server
