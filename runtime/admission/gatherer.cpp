#include "runtime/admission/gatherer.hpp"

#include <algorithm>
#include <array>

namespace conclave::admission {

namespace {

using identity::Device;
using identity::Session;
using identity::Tenant;
using identity::User;

constexpr std::int64_t kSecondMs = 1'000;

policy::Seconds age_s(std::int64_t now_ms, std::int64_t since_ms) {
  return std::max<std::int64_t>(0, (now_ms - since_ms) / kSecondMs);
}

policy::AccountState state_of(const User& user) {
  if (user.damaged) return policy::AccountState::damaged;
  switch (user.state) {
    case identity::UserState::active:
      return policy::AccountState::active;
    case identity::UserState::disabled:
      return policy::AccountState::disabled;
    case identity::UserState::deleted:
      return policy::AccountState::deleted;
  }
  return policy::AccountState::damaged;
}

// When a person last signed the device in by an act of their own.
std::int64_t person_ms(const Device& device) {
  return std::max({device.created_ms, device.factor_ms, device.approved_ms});
}

}  // namespace

policy::DeviceClass class_of(std::string_view platform, identity::UserKind kind) {
  if (kind == identity::UserKind::service) return policy::DeviceClass::service;
  struct Known {
    std::string_view platform;
    policy::DeviceClass device_class;
  };
  static constexpr std::array kKnown = {Known{"linux", policy::DeviceClass::desktop},
                                        Known{"macos", policy::DeviceClass::desktop},
                                        Known{"windows", policy::DeviceClass::desktop},
                                        Known{"freebsd", policy::DeviceClass::desktop},
                                        Known{"ios", policy::DeviceClass::mobile},
                                        Known{"android", policy::DeviceClass::mobile},
                                        Known{"ipados", policy::DeviceClass::tablet},
                                        Known{"web", policy::DeviceClass::web},
                                        Known{"xmpp", policy::DeviceClass::xmpp}};
  // "android-14" is an android.
  const std::string_view family = platform.substr(0, platform.find_first_of("-."));
  const auto found = std::ranges::find(kKnown, family, &Known::platform);
  return found == kKnown.end() ? policy::DeviceClass::other : found->device_class;
}

policy::Words<policy::Role> words_of(identity::RoleSet roles) {
  policy::Words<policy::Role> out;
  for (unsigned bit = 0; bit <= static_cast<unsigned>(policy::Role::provider_auditor); ++bit) {
    if (roles.has(static_cast<identity::Role>(bit))) out.add(static_cast<policy::Role>(bit));
  }
  return out;
}

void Gatherer::add_account(const Candidate& candidate, policy::Facts& facts) const {
  const Device& device = candidate.device;
  const Tenant* tenant = parts_.directory.tenant(device.tenant);
  const User* user = parts_.directory.user(device.tenant, device.user);
  facts.account.tenant_active = tenant != nullptr && tenant->state == identity::TenantState::active;
  facts.account.state = user == nullptr ? policy::AccountState::deleted : state_of(*user);
  if (user != nullptr) facts.account.name = user->name;
  facts.account.roles = words_of(parts_.directory.roles_of(device.tenant, device.user));
  for (const Device* other : parts_.directory.devices_of(device.tenant, device.user)) {
    if (other->primary && other->revoked_ms == 0 && other->id != device.id) {
      facts.account.has_primary = true;
    }
  }
  const Knowledge& knowledge = parts_.knowledge;
  if (knowledge.factors) facts.account.enrolled = knowledge.factors(device.tenant, device.user);
}

void Gatherer::add_credential(const Candidate& candidate, policy::Facts& facts) const {
  facts.credential.kind = candidate.credential;
  const identity::Credential* stored =
      parts_.directory.credential(candidate.device.tenant, candidate.device.user);
  if (stored == nullptr) return;
  if (stored->set_ms != 0) facts.credential.password_age_s = age_s(facts.now_ms, stored->set_ms);
  facts.credential.password_breached = stored->breached;
}

void Gatherer::add_device(const Candidate& candidate, policy::Facts& facts) const {
  const Device& device = candidate.device;
  const User* user = parts_.directory.user(device.tenant, device.user);
  const auto kind = user == nullptr ? identity::UserKind::person : user->kind;
  facts.device.id = base::to_text(device.id);
  facts.device.device_class = class_of(device.platform, kind);
  facts.device.known = !candidate.newcomer;
  facts.device.approved = device.approved_ms != 0;
  facts.device.primary = device.primary;
  facts.device.banned = parts_.knowledge.banned && parts_.knowledge.banned(device);
  facts.device.hardware_id = !device.hardware_digest.empty();
  facts.device.service_id = !device.service_digest.empty();
  facts.device.attested = device.attested;
  if (!candidate.newcomer) facts.device.idle_s = age_s(facts.now_ms, device.last_active_ms);
}

void Gatherer::add_sessions(const Candidate& candidate, policy::Facts& facts) const {
  const TenantId tenant = candidate.device.tenant;
  const User* user = parts_.directory.user(tenant, candidate.device.user);
  const auto kind = user == nullptr ? identity::UserKind::person : user->kind;
  for (const Session* session : parts_.sessions.of_user(tenant, candidate.device.user)) {
    const Device* device = parts_.directory.device(tenant, session->actor.device);
    policy::SessionFacts out;
    out.device = base::to_text(session->actor.device);
    // A newcomer takes its place before its row is stored.
    if (device == nullptr) {
      out.device_class = class_of(session->platform, kind);
    } else {
      out.device_class = class_of(device->platform, kind);
      out.primary = device->primary;
      out.signed_in_s = age_s(facts.now_ms, person_ms(*device));
    }
    out.attached = session->attached;
    out.idle_s = age_s(facts.now_ms, session->last_active_ms);
    facts.sessions.push_back(std::move(out));
  }
}

void Gatherer::add_passed(const Candidate& candidate, policy::Facts& facts) const {
  for (const Passed& one : candidate.passed) {
    facts.passed.push_back({one.kind, age_s(facts.now_ms, one.at_ms)});
  }
  const Device& device = candidate.device;
  if (device.factor_ms != 0) {
    facts.passed.push_back(
        {static_cast<policy::Factor>(device.factor), age_s(facts.now_ms, device.factor_ms)});
  }
}

policy::Facts Gatherer::gather(const Candidate& candidate, const Observation& observation) const {
  policy::Facts facts;
  facts.now_ms = parts_.clock.utc_ms();
  facts.session_dead_after_s = parts_.sessions.idle_ms() / kSecondMs;
  add_credential(candidate, facts);
  add_account(candidate, facts);
  add_device(candidate, facts);
  add_sessions(candidate, facts);
  add_passed(candidate, facts);
  facts.approval = parts_.approvals.facts(candidate);
  facts.recovery = parts_.recovery.facts(candidate);
  facts.account.location_consent = observation.location_consent;
  facts.network = observation.network;
  facts.findings = observation.findings;
  return facts;
}

Observation Gatherer::observe(const Candidate& candidate) const {
  if (parts_.knowledge.observe) return parts_.knowledge.observe(candidate);
  Observation out;
  if (auto address = network::Address::parse(candidate.connection.address)) {
    out.network.address = *address;
  }
  return out;
}

std::optional<Candidate> Gatherer::candidate_of(const Session& session) const {
  const Device* device = parts_.directory.device(session.actor.tenant, session.actor.device);
  if (device == nullptr) return std::nullopt;
  Candidate out;
  out.device = *device;
  out.credential = policy::CredentialKind::resume;
  out.connection.address = session.address;
  out.connection.client = network::Address::parse(session.address);
  out.connection.certificates = session.certificates;
  return out;
}

}  // namespace conclave::admission
