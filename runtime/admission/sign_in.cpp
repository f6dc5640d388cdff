#include "runtime/admission/sign_in.hpp"

#include <algorithm>

#include "runtime/identity/binding.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/identity/records.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::admission {

namespace {

using identity::AccountName;
using identity::BindingValue;
using identity::clean_label;
using identity::clean_name;
using identity::Credential;
using identity::Device;
using identity::digest;
using identity::kBindingRefused;
using identity::kDeviceKeyInvalid;
using identity::kNameInvalid;
using identity::kResumeRefused;
using identity::kSessionEnded;
using identity::kSignInRefused;
using identity::kSignInThrottled;
using identity::parse_account;
using identity::Session;
using identity::SessionEnd;
using identity::Tenant;
using identity::User;

constexpr std::size_t kMinClientNonce = 16;
constexpr std::size_t kMaxClientNonce = 64;

std::string joined(const AccountName& name) {
  return name.local + "@" + name.domain;
}

bool client_nonce(ByteView nonce) {
  return nonce.size() >= kMinClientNonce && nonce.size() <= kMaxClientNonce;
}

}  // namespace

SignIn::SignIn(Parts parts)
    : directory_(parts.directory),
      sessions_(parts.sessions),
      passwords_(parts.passwords),
      throttle_(parts.throttle),
      nonces_(parts.nonces),
      writer_(parts.writer),
      doorkeeper_(parts.doorkeeper),
      attestation_(parts.attestation),
      clock_(parts.clock),
      random_(parts.random),
      limits_(std::move(parts.limits)),
      crowds_(parts.crowds),
      refused_(parts.metrics.counter("conclave_sign_ins_total", "Sign-ins by outcome.",
                                     {{"outcome", "refused"}})),
      throttled_(parts.metrics.counter("conclave_sign_ins_total", "Sign-ins by outcome.",
                                       {{"outcome", "throttled"}})) {}

Result<BindingValue> SignIn::bind(const std::string& type, const ConnectionFacts& facts) const {
  return identity::binding_of(type, facts, limits_.origins);
}

Result<void> SignIn::admit(const Throttle::Attempt& attempt, ByteView nonce_s) {
  CONCLAVE_TRY(writer_.usable());
  if (const std::int64_t wait = throttle_.wait_ms(attempt, clock_.monotonic_ms()); wait > 0) {
    throttled_.add();
    return std::unexpected(Error(kSignInThrottled).retry_after(wait));
  }
  return nonces_.use(nonce_s);
}

std::unexpected<Error> SignIn::refuse(const Throttle::Attempt& attempt, std::string_view why) {
  refused_.add();
  throttle_.failed(attempt, clock_.monotonic_ms());
  observe::info("sign_in.refused",
                {{"why", why}, {"address", attempt.address}, {"device", attempt.device}});
  return fail(kSignInRefused);
}

Task<Result<UserId>> SignIn::check_password(AccountName name, base::Secret password) {
  const Tenant* tenant = directory_.tenant_by_domain(name.domain);
  const User* user = tenant == nullptr ? nullptr : directory_.user_by_name(tenant->id, name.local);
  const Credential* stored =
      user == nullptr ? nullptr : directory_.credential(tenant->id, user->id);
  if (stored == nullptr) {
    if (tenant == nullptr) tenant = directory_.provider();
    const TenantId of = tenant == nullptr ? TenantId{} : tenant->id;
    auto pretended = co_await passwords_.pretend(of, joined(name), std::move(password));
    if (!pretended) co_return std::unexpected(pretended.error());
    co_return fail(kSignInRefused, "account");
  }
  const TenantId tenant_id = tenant->id;
  const UserId user_id = user->id;
  auto right = co_await passwords_.matches(tenant_id, *stored, std::move(password));
  if (!right) co_return std::unexpected(right.error());
  if (!*right) co_return fail(kSignInRefused, "password");
  if (!directory_.active(tenant_id, user_id)) co_return fail(kSignInRefused, "not active");
  co_return user_id;
}

Task<Result<SignedIn>> SignIn::enrol(EnrolRequest request, ConnectionFacts facts) {
  auto name = parse_account(request.account);
  if (!name) co_return std::unexpected(name.error());
  auto label = clean_label(request.device_name);
  if (!label) co_return std::unexpected(label.error());
  auto platform = clean_name(request.platform);
  if (!platform) co_return fail(kNameInvalid, "platform");
  auto key = hsm::api::make_verify_key(request.algorithm, request.key);
  if (!key) co_return fail(kDeviceKeyInvalid, key.error().detail());
  const Throttle::Attempt attempt{facts.address, joined(*name), name->domain, {}};
  CONCLAVE_CO_TRY(admit(attempt, request.nonce_s));
  auto binding = bind(request.binding, facts);
  if (!binding) co_return std::unexpected(binding.error());
  if (!client_nonce(request.nonce_c)) co_return refuse(attempt, "nonce");
  const std::string account = joined(*name);
  const base::Sha256 signed_bytes = digest(
      {"enrol", name->domain, account, {}, *key, request.nonce_s, request.nonce_c, *binding});
  // Before the password, because it costs us less; it proves only that the key is the client's.
  if (!hsm::api::verify(*key, signed_bytes, request.signature)) {
    co_return refuse(attempt, "signature");
  }

  const bool breached = passwords_.breached(request.password.view());
  throttle_.started(attempt, clock_.monotonic_ms());
  auto user = co_await check_password(*name, std::move(request.password));
  if (!user) {
    if (user.error().is(kSignInRefused)) {
      if (crowds_ != nullptr) {
        crowds_->note(account, facts.client, request.claims.hardware_digest,
                      Crowds::Outcome::failed);
      }
      co_return refuse(attempt, user.error().detail());
    }
    throttle_.withdrawn(attempt, clock_.monotonic_ms());
    co_return std::unexpected(user.error());
  }
  throttle_.succeeded(attempt, clock_.monotonic_ms());
  const Tenant* tenant = directory_.tenant_by_domain(name->domain);
  if (tenant == nullptr) co_return fail(kSignInRefused);
  const TenantId tenant_id = tenant->id;
  if (breached) CONCLAVE_CO_TRY(co_await note_breached(tenant_id, *user));
  auto candidate = enrolling(request, tenant_id, *user, std::move(*key));
  if (!candidate) co_return std::unexpected(candidate.error());
  candidate->device_name = std::move(*label);
  candidate->device.platform = std::move(*platform);
  candidate->connection = std::move(facts);
  co_return co_await doorkeeper_.admit(std::move(*candidate));
}

Task<Result<void>> SignIn::note_breached(TenantId tenant, UserId user) {
  auto pass = co_await writer_.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Credential* stored = directory_.credential(tenant, user);
  if (stored == nullptr || stored->breached) co_return Result<void>{};
  Credential marked = *stored;
  marked.breached = true;
  ++marked.version;
  std::vector<store::Record> rows;
  rows.push_back(identity::encode(tenant, marked));
  CONCLAVE_CO_TRY(co_await writer_.write(
      std::move(rows), {},
      {tenant, user, tenant, {}, "password.breached", base::to_text(user), {}}));
  directory_.put_credential(tenant, std::move(marked));
  co_return Result<void>{};
}

Result<Candidate> SignIn::enrolling(const EnrolRequest& request, TenantId tenant, UserId user,
                                    hsm::api::VerifyKey key) const {
  Candidate out;
  out.credential = policy::CredentialKind::password;
  out.language = request.claims.language;
  out.nonce_s = request.nonce_s;
  for (const Device* other : directory_.devices_of(tenant, user)) {
    if (other->key != key) continue;
    // A revoked key never comes back.
    if (other->revoked_ms != 0) return fail(kSignInRefused, "key");
    // Enrolled before and the answer got lost: the same device again.
    out.device = *other;
    return out;
  }
  out.newcomer = true;
  out.device.tenant = tenant;
  out.device.user = user;
  out.device.attested = attestation_.prove(request.claims.attestation, key);
  out.device.key = std::move(key);
  out.device.hardware_digest = request.claims.hardware_digest;
  out.device.service_digest = request.claims.service_digest;
  do {
    out.device.id = DeviceId{random_.id_value()};
  } while (directory_.device(tenant, out.device.id) != nullptr);
  return out;
}

Task<Result<SignedIn>> SignIn::prove(ProveRequest request, ConnectionFacts facts) {
  auto name = parse_account(request.account);
  if (!name) co_return std::unexpected(name.error());
  const std::string account = joined(*name);
  const Tenant* tenant = directory_.tenant_by_domain(name->domain);
  const User* user = tenant == nullptr ? nullptr : directory_.user_by_name(tenant->id, name->local);
  const Device* device = user == nullptr ? nullptr : directory_.device(tenant->id, request.device);
  const bool usable = device != nullptr && device->user == user->id && device->revoked_ms == 0;
  const Throttle::Attempt attempt{facts.address, account, name->domain,
                                  usable ? base::to_text(request.device) : std::string()};
  CONCLAVE_CO_TRY(admit(attempt, request.nonce_s));
  auto binding = bind(request.binding, facts);
  if (!binding) co_return std::unexpected(binding.error());
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (!usable || !client_nonce(request.nonce_c)) {
    throttle_.started(attempt, now_ms);
    co_return refuse(attempt, "device");
  }
  const base::Sha256 signed_bytes =
      digest({"prove", name->domain, account, base::to_text(device->id), device->key,
              request.nonce_s, request.nonce_c, *binding});
  if (!hsm::api::verify(device->key, signed_bytes, request.signature)) {
    throttle_.started(attempt, now_ms);
    co_return refuse(attempt, "signature");
  }
  if (!directory_.active(tenant->id, user->id)) co_return refuse(attempt, "not active");
  Candidate candidate;
  candidate.device = *device;
  candidate.nonce_s = std::move(request.nonce_s);
  candidate.language = request.language;
  candidate.connection = std::move(facts);
  co_return co_await doorkeeper_.admit(std::move(candidate));
}

Task<Result<SignedIn>> SignIn::resume(Bytes handle, ConnectionFacts facts) {
  const auto id = sessions_.use_resume_handle(handle);
  const Session* const old = id ? sessions_.find(*id) : nullptr;
  if (old == nullptr) {
    refused_.add();
    co_return fail(kResumeRefused);
  }
  const Actor actor = old->actor;
  const Device* device = directory_.device(actor.tenant, actor.device);
  if (device == nullptr || device->revoked_ms != 0 ||
      !directory_.active(actor.tenant, actor.user)) {
    static_cast<void>(sessions_.end(*id, SessionEnd::replaced));
    co_return fail(kResumeRefused);
  }
  Candidate candidate;
  candidate.device = *device;
  candidate.credential = policy::CredentialKind::resume;
  candidate.connection = std::move(facts);
  // The session that is resumed stands until the new one takes its place, so that nobody slips in
  // between; if the policy refuses, its handle is used up and the idle session ends by itself.
  co_return co_await doorkeeper_.admit(std::move(candidate));
}

Result<Actor> SignIn::authenticate(std::string_view token) const {
  const Session* session = sessions_.by_token(token);
  if (session == nullptr) return fail(kSessionEnded);
  sessions_.touch(session->id);
  return session->actor;
}

Task<void> SignIn::upkeep() {
  constexpr std::int64_t kStoreAfterMs = 3'600'000;
  constexpr std::size_t kAtOnce = 200;
  sessions_.sweep();
  auto pass = co_await writer_.enter();
  if (!pass) co_return;
  std::vector<Device> devices = directory_.stale_activity(kStoreAfterMs, kAtOnce);
  if (devices.empty()) co_return;
  std::vector<store::Record> rows;
  for (Device& device : devices) {
    ++device.version;
    device.stored_active_ms = device.last_active_ms;
    rows.push_back(encode(device));
  }
  if (auto stored = co_await writer_.write_quietly(std::move(rows)); !stored) {
    observe::warn("device.activity_not_stored", {{"error", stored.error()}});
    co_return;
  }
  for (Device& device : devices) {
    const Device* now = directory_.device(device.tenant, device.id);
    if (now == nullptr) continue;
    device.last_active_ms = std::max(device.last_active_ms, now->last_active_ms);
    device.last_address = now->last_address;
    directory_.put_device(std::move(device), std::nullopt);
  }
}

}  // namespace conclave::admission
