#include "runtime/admission/doorkeeper.hpp"

#include <algorithm>

#include "policies/engine/engine.hpp"
#include "runtime/admission/errors.hpp"
#include "runtime/admission/report.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/whereabouts/watch.hpp"

namespace conclave::admission {

namespace {

using identity::Actor;
using identity::Device;
using identity::Session;
using identity::SessionEnd;
using identity::User;
using policy::Decision;
using policy::Duty;
using policy::Outcome;

constexpr std::int64_t kCrowdedRetryMs = 30'000;
constexpr std::int64_t kAskAgainMs = 2'000;
constexpr std::string_view kSignIns = "conclave_sign_ins_total";
constexpr std::string_view kSignInsHelp = "Sign-ins by outcome.";

// Worth telling people: held back, or half as odd as what asks for a second factor.
bool is_notable(const Decision& decision, const policy::Policy& rules) {
  return decision.outcome != Outcome::allow || decision.score * 2 >= rules.location.step_up_at;
}

std::shared_ptr<const identity::Restriction> restriction_of(const Decision& decision,
                                                            policy::Language language) {
  if (decision.outcome != Outcome::restrict) return nullptr;
  auto out = std::make_shared<identity::Restriction>();
  out->methods = decision.methods;
  std::ranges::sort(out->methods);
  out->members = decision_members(decision, language);
  return out;
}

audit::Entry entry_of(const Candidate& candidate, std::string action, const Decision& decision) {
  const Device& device = candidate.device;
  audit::Entry entry{device.tenant,
                     device.user,
                     device.tenant,
                     device.id,
                     std::move(action),
                     base::to_text(device.id),
                     {{"reasons", reasons_line(decision)},
                      {"score", std::to_string(decision.score)},
                      {"address", candidate.connection.address}}};
  if (!candidate.certificate.empty()) {
    entry.facts.emplace_back("certificate", candidate.certificate);
  }
  return entry;
}

// Its password was right: whoever tries a list has found something.
void tell_of_crowd(const Candidate& candidate, const Observation& observation) {
  using enum signals::FindingKind;
  for (const policy::FindingFacts& finding : observation.findings) {
    const bool crowd = finding.kind == credential_stuffing || finding.kind == mass_registration ||
                       finding.kind == automated_attempts;
    if (!crowd) continue;
    observe::warn("sign_in.crowd", {{"finding", signals::row_of(finding.kind).name},
                                    {"tenant", candidate.device.tenant},
                                    {"user", candidate.device.user},
                                    {"address", candidate.connection.address},
                                    {"detail", finding.detail}});
  }
}

// It is in because of its certificate, and for no other reason.
bool came_by_certificate(const Observation& observation, const policy::Policy& rules) {
  const auto& network = observation.network;
  return rules.network.mandatory_vpn && rules.network.certificate_proof &&
         network.client_certificate &&
         !rules.network.egress.hold(network.address, network.as_number);
}

}  // namespace

Doorkeeper::Doorkeeper(Parts parts)
    : parts_(std::move(parts)),
      gatherer_({parts_.directory, parts_.sessions, parts_.approvals, parts_.recovery,
                 parts_.knowledge, parts_.clock}),
      tickets_(parts_.clock, parts_.random),
      accepted_(parts_.metrics.counter(kSignIns, kSignInsHelp, {{"outcome", "accepted"}})),
      restricted_(parts_.metrics.counter(kSignIns, kSignInsHelp, {{"outcome", "restricted"}})),
      stepped_up_(parts_.metrics.counter(kSignIns, kSignInsHelp, {{"outcome", "step_up"}})),
      turned_away_(parts_.metrics.counter(kSignIns, kSignInsHelp, {{"outcome", "not_allowed"}})) {}

const policy::Policy& Doorkeeper::policy_of(TenantId tenant) const {
  return parts_.knowledge.policy(tenant);
}

Result<void> Doorkeeper::usable(const Candidate& candidate) const {
  const Device& device = candidate.device;
  if (!parts_.directory.active(device.tenant, device.user)) return fail(identity::kSignInRefused);
  if (!candidate.newcomer) {
    const Device* stored = parts_.directory.device(device.tenant, device.id);
    if (stored == nullptr || stored->revoked_ms != 0) return fail(identity::kSignInRefused);
  } else {
    const auto devices = parts_.directory.devices_of(device.tenant, device.user);
    const auto living = std::ranges::count(devices, 0, &Device::revoked_ms);
    if (static_cast<std::size_t>(living) >= parts_.devices_per_user) {
      return fail(identity::kDeviceLimit);
    }
  }
  if (candidate.connection.web_socket &&
      !parts_.sessions.has_room(device.tenant, device.user, device.id)) {
    return std::unexpected(Error(identity::kTenantConnections).retry_after(kCrowdedRetryMs));
  }
  return {};
}

Task<Result<SignedIn>> Doorkeeper::admit(Candidate candidate, std::optional<Bytes> ticket) {
  if (parts_.knowledge.prepare) {
    co_await parts_.knowledge.prepare(candidate.device.tenant, candidate.device.user);
  }
  // From here to take_place() nothing suspends.
  CONCLAVE_CO_TRY(usable(candidate));
  if (!candidate.newcomer) {
    candidate.device = *parts_.directory.device(candidate.device.tenant, candidate.device.id);
  }
  const Observation observation = gatherer_.observe(candidate);
  if (!ticket) tell_of_crowd(candidate, observation);  // with one it was told of before
  candidate.certificate = certificate_line(candidate.connection.certificates, observation.network);
  Decision decision =
      policy::decide(gatherer_.gather(candidate, observation), policy_of(candidate.device.tenant));
  if (decision.outcome == Outcome::refuse) {
    co_return std::unexpected(co_await turn_away(std::move(candidate), std::move(decision)));
  }
  if (decision.outcome == Outcome::step_up) {
    co_return std::unexpected(ask_more(std::move(candidate), decision, std::move(ticket)));
  }
  // A session keeps what let it in, so that it can be looked at again; nothing else.
  if (!observation.network.client_certificate) candidate.connection.certificates.reset();
  const bool certified = came_by_certificate(observation, policy_of(candidate.device.tenant));
  const SessionId session = take_place(candidate, decision);
  if (auto kept = co_await keep_device(candidate, decision); !kept) {
    static_cast<void>(parts_.sessions.end(session, SessionEnd::signed_out));
    co_return std::unexpected(kept.error());
  }
  if (certified && candidate.credential != policy::CredentialKind::resume) {
    auto told =
        co_await parts_.writer.record(entry_of(candidate, "sign_in.by_certificate", decision));
    if (!told) observe::warn("sign_in.not_recorded", {{"error", told.error()}});
  }
  if (parts_.knowledge.came_in) parts_.knowledge.came_in(candidate);
  const bool proven = !candidate.passed.empty();
  learn(candidate, observation, decision, proven);
  co_return co_await welcome(session, std::move(candidate), std::move(decision));
}

void Doorkeeper::learn(const Candidate& candidate, const Observation& observation,
                       const Decision& decision, bool proven) {
  if (!parts_.knowledge.learn || decision.outcome != Outcome::allow) return;
  parts_.knowledge.learn(candidate, observation, whereabouts::lesson_of(decision.score, proven));
}

Task<Error> Doorkeeper::turn_away(Candidate candidate, Decision decision) {
  turned_away_.add();
  observe::info("sign_in.not_allowed", {{"device", candidate.device.id},
                                        {"user", candidate.device.user},
                                        {"address", candidate.connection.address},
                                        {"reasons", reasons_line(decision)}});
  notify(candidate, decision, "refused", {});
  auto recorded =
      co_await parts_.writer.record(entry_of(candidate, "sign_in.not_allowed", decision));
  if (!recorded) observe::warn("sign_in.not_recorded", {{"error", recorded.error()}});
  co_return Error(kNotAllowed, reasons_line(decision))
      .with_members(decision_members(decision, candidate.language));
}

Error Doorkeeper::ask_more(Candidate candidate, const Decision& decision,
                           std::optional<Bytes> ticket) {
  stepped_up_.add();
  candidate.way = policy::Approval::number_match;
  for (const policy::StepUp& one : decision.step_ups) {
    if (one.any_of.has(policy::Factor::primary))
      candidate.way = std::max(candidate.way, one.approval);
  }
  const policy::Language language = candidate.language;
  std::string challenge;
  const bool webauthn = std::ranges::any_of(decision.step_ups, [](const policy::StepUp& one) {
    return one.any_of.has(policy::Factor::webauthn);
  });
  if (webauthn && parts_.knowledge.challenge) {
    challenge = parts_.knowledge.challenge(candidate.device.tenant, candidate.device.user);
  }
  const Tickets::Issued issued = tickets_.put(std::move(candidate), std::move(ticket));
  std::string members = R"("ticket":")" + base::base64url_encode(issued.ticket) +
                        R"(","expires_ms":)" + std::to_string(issued.expires_ms) +
                        R"(,"step_ups":)" + step_ups_json(decision) + "," +
                        decision_members(decision, language);
  if (!challenge.empty()) members += R"(,"webauthn":)" + challenge;
  return Error(kStepUpNeeded, reasons_line(decision)).with_members(std::move(members));
}

bool Doorkeeper::on_gsm(const Candidate& candidate) const {
  if (policy_of(candidate.device.tenant).factors.sms_on_gsm) return false;
  return gatherer_.observe(candidate).network.access == policy::Access::gsm;
}

Task<Result<SignedIn>> Doorkeeper::step_up(Bytes ticket, Proof proof,
                                           identity::ConnectionFacts connection) {
  auto candidate = tickets_.take(ticket);
  if (!candidate) co_return fail(kTicketUnknown);
  candidate->connection = std::move(connection);
  if (proof.kind == policy::Factor::primary) {
    co_return co_await ask_primary(std::move(*candidate), std::move(ticket));
  }
  const policy::Factor kind = proof.kind;
  Result<void> verified = fail(kFactorUnavailable);
  if (kind == policy::Factor::sms && on_gsm(*candidate)) {
    verified = fail(kSmsOnGsm);
  } else if (parts_.knowledge.verify) {
    const identity::Device& device = candidate->device;
    verified = co_await parts_.knowledge.verify(
        device.tenant, device.user, candidate->newcomer ? DeviceId{} : device.id, std::move(proof));
  }
  if (!verified) {
    tickets_.put(std::move(*candidate), std::move(ticket));
    co_return std::unexpected(verified.error());
  }
  candidate->passed.push_back({kind, parts_.clock.utc_ms()});
  co_return co_await admit(std::move(*candidate), std::move(ticket));
}

Task<Result<SignedIn>> Doorkeeper::ask_primary(Candidate candidate, Bytes ticket) {
  const policy::ApprovalFacts before = parts_.approvals.facts(candidate);
  const bool answered = before.state == policy::ApprovalState::approved ||
                        before.state == policy::ApprovalState::denied;
  if (answered) co_return co_await admit(std::move(candidate), std::move(ticket));
  if (before.state != policy::ApprovalState::pending) {
    const policy::Policy& rules = policy_of(candidate.device.tenant);
    // Whether it may be asked at all (again) is the policy's to say.
    const Decision decision =
        policy::decide(gatherer_.gather(candidate, gatherer_.observe(candidate)), rules);
    if (decision.outcome != Outcome::step_up) {
      co_return co_await admit(std::move(candidate), std::move(ticket));
    }
    auto asked = parts_.approvals.ask(
        candidate, {candidate.way, rules.primary.lifetime_s, rules.primary.attempts,
                    gatherer_.observe(candidate).place});
    if (!asked) {
      tickets_.put(std::move(candidate), std::move(ticket));
      co_return std::unexpected(asked.error());
    }
    candidate.approval = *asked;
  }
  Error pending = Error(kApprovalPending)
                      .retry_after(kAskAgainMs)
                      .with_members(parts_.approvals.pending_members(candidate.approval));
  tickets_.put(std::move(candidate), std::move(ticket));
  co_return std::unexpected(std::move(pending));
}

Task<Result<std::int64_t>> Doorkeeper::begin_recovery(Bytes ticket) {
  auto candidate = tickets_.take(ticket);
  if (!candidate) co_return fail(kTicketUnknown);
  const Candidate copy = *candidate;
  tickets_.put(std::move(*candidate), std::move(ticket));
  const policy::Policy& rules = policy_of(copy.device.tenant);
  if (!rules.recovery.paths.has(policy::Recovery::second_factor_wait)) {
    co_return fail(kRecoveryUnavailable);
  }
  const std::int64_t wait_ms = rules.recovery.wait_hours * 3'600'000;
  auto begun = co_await parts_.recovery.begin_wait(copy);
  if (!begun) co_return std::unexpected(begun.error());
  co_return begun->begun_ms + wait_ms;
}

SessionId Doorkeeper::take_place(const Candidate& candidate, const Decision& decision) {
  const Device& device = candidate.device;
  for (const policy::Obligation& one : decision.obligations) {
    if (one.duty != Duty::sign_out) continue;
    if (const auto leaving = base::parse_id<DeviceId>(one.subject)) {
      parts_.sessions.end_device(device.tenant, device.user, *leaving, SessionEnd::displaced);
    }
  }
  const Session& session =
      parts_.sessions.open({{device.tenant,
                             device.user,
                             device.id,
                             {},
                             parts_.directory.roles_of(device.tenant, device.user)},
                            base::sha256(device.key.point),
                            candidate.connection.address,
                            device.platform,
                            candidate.connection.web_socket,
                            next_look(decision, parts_.clock.utc_ms()),
                            restriction_of(decision, candidate.language),
                            candidate.connection.certificates});
  return session.id;
}

Task<Result<SignedIn>> Doorkeeper::welcome(SessionId id, Candidate candidate, Decision decision) {
  const Device& device = candidate.device;
  const bool resumed = candidate.credential == policy::CredentialKind::resume;
  const Session* session = parts_.sessions.find(id);
  const User* person = parts_.directory.user(device.tenant, device.user);
  // Signed out while its row was stored.
  if (session == nullptr || person == nullptr) co_return fail(identity::kSessionEnded);
  SignedIn out;
  out.actor = session->actor;
  out.account = parts_.directory.account_of(*person);
  out.resumed = resumed;
  if (session->restriction) out.methods = session->restriction->methods;
  const bool notable = is_notable(decision, policy_of(device.tenant));
  if (notable) out.notices = reasons_json(decision, candidate.language);
  parts_.directory.touch_device(device.tenant, device.id, parts_.clock.utc_ms(),
                                candidate.connection.address);
  // Who resumes has proved nothing anew and mostly wants its events back: it asks for an access
  // token (session.token) when it needs one. So resuming costs no signature and does not depend on
  // the token.
  if (!resumed) {
    auto access = co_await token(id);
    if (!access) {
      static_cast<void>(parts_.sessions.end(id, SessionEnd::signed_out));
      co_return std::unexpected(access.error());
    }
    out.access_token = std::move(access->token);
    out.access_expires_ms = access->expires_ms;
  }
  out.resume_handle = parts_.sessions.make_resume_handle(id);
  out.resume_expires_ms = parts_.clock.utc_ms() + parts_.sessions.resume_ms();
  const bool allowed = decision.outcome == Outcome::allow;
  (allowed ? accepted_ : restricted_).add();
  if (decision.obligation(Duty::notify_devices) != nullptr && notable) {
    notify(candidate, decision, "risk", id);
  }
  co_return out;
}

std::int64_t Doorkeeper::next_look(const Decision& decision, std::int64_t now_ms) {
  constexpr std::int64_t kHourMs = 3'600'000;
  const policy::Obligation* recheck = decision.obligation(Duty::recheck);
  return recheck == nullptr ? now_ms + kHourMs : recheck->at_ms;
}

void Doorkeeper::notify(const Candidate& candidate, const Decision& decision,
                        std::string_view change, SessionId except) {
  sync::DeviceChanged event{candidate.device.id, std::string(change), parts_.clock.utc_ms(), {}};
  event.reasons = reasons_json(decision, candidate.language);
  parts_.hub.publish_to_user(std::move(event), candidate.device.tenant, candidate.device.user,
                             except);
}

Task<Result<hsm::api::AccessToken>> Doorkeeper::token(SessionId id) {
  const Session* session = parts_.sessions.find(id);
  if (session == nullptr) co_return fail(identity::kSessionEnded);
  const hsm::api::AccessClaims claims{
      session->actor.tenant,      session->actor.user, session->actor.device, id,
      session->device_key_digest, session->generation, parts_.audience};
  auto& keys = parts_.keys;
  auto issued = co_await async::await_callback<hsm::api::AccessToken>(
      [&keys, &claims](Callback<hsm::api::AccessToken> done) {
        keys.issue_access(claims, std::move(done));
      });
  if (!issued) co_return std::unexpected(issued.error());
  // It may have ended while keyd signed.
  if (parts_.sessions.find(id) == nullptr) co_return fail(identity::kSessionEnded);
  parts_.sessions.add_token(id, issued->token, issued->expires_ms);
  co_return issued;
}

Task<Decision> Doorkeeper::explain(Candidate candidate) {
  if (parts_.knowledge.prepare) {
    co_await parts_.knowledge.prepare(candidate.device.tenant, candidate.device.user);
  }
  co_return policy::decide(gatherer_.gather(candidate, gatherer_.observe(candidate)),
                           policy_of(candidate.device.tenant));
}

void Doorkeeper::sweep() {
  tickets_.sweep();
  parts_.approvals.sweep();
}

}  // namespace conclave::admission
