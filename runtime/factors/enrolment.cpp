#include <algorithm>

#include "runtime/factors/errors.hpp"
#include "runtime/factors/factors.hpp"
#include "runtime/factors/recovery_codes.hpp"

// How factors come to an account: begin, confirm, codes.
namespace conclave::factors {

using identity::Actor;

namespace {

audit::Entry entry_of(const Actor& actor, std::string action, FactorId id, Kind kind) {
  return {actor.tenant,
          actor.user,
          actor.tenant,
          actor.device,
          std::move(action),
          base::to_text(id),
          {{"kind", std::string(to_text(kind))}}};
}

// Opaque to everybody but this server, and the same for all authenticators of the account.
Bytes user_handle(TenantId tenant, UserId user) {
  return base::ByteWriter(16).u64(tenant.value).u64(user.value).take();
}

}  // namespace

Task<Result<void>> Factors::prove(Actor actor, FreshProof proof) {
  if (auto* password = std::get_if<base::Secret>(&proof)) {
    co_return co_await parts_.account.check_password(actor, std::move(*password));
  }
  auto passed = co_await verify(actor.tenant, actor.user, std::move(std::get<Proof>(proof)),
                                Asker{actor.device});
  if (!passed) co_return std::unexpected(passed.error());
  co_return Result<void>{};
}

Begun Factors::begun(const Actor& actor, const Waiting& waiting) const {
  Begun out;
  out.id = waiting.id;
  out.expires_ms = parts_.clock.utc_ms() + parts_.limits.enrolment_ms;
  const identity::User* user = parts_.directory.user(actor.tenant, actor.user);
  const std::string account = user == nullptr ? "" : parts_.directory.account_of(*user);
  if (waiting.kind == Kind::totp) {
    out.what = BegunTotp{seed_text(waiting.seed.view()),
                         otpauth_uri({}, waiting.seed.view(), parts_.issuer, account)};
    return out;
  }
  BegunWebAuthn key;
  key.challenge = waiting.challenge;
  key.rp_id = parts_.party.id;
  key.rp_name = parts_.issuer;
  key.user_handle = user_handle(actor.tenant, actor.user);
  key.account = account;
  key.display_name = account.substr(0, account.find('@'));
  if (const auto shelf = shelves_.find({actor.tenant, actor.user}); shelf != shelves_.end()) {
    for (const auto& [id, factor] : shelf->second.factors) {
      const auto* known = std::get_if<WebAuthn>(&factor.what);
      if (known != nullptr) key.exclude.push_back(known->credential.credential);
    }
  }
  out.what = std::move(key);
  return out;
}

Task<Result<Begun>> Factors::begin(Actor actor, Kind kind, std::string label, FreshProof proof) {
  const Owner owner{actor.tenant, actor.user};
  CONCLAVE_CO_TRY(sound(owner));
  CONCLAVE_CO_TRY(parts_.writer.usable());
  if (kind == Kind::webauthn && parts_.party.id.empty()) {
    co_return fail(kWebAuthnRefused, "tls.names of this server holds no name, only addresses");
  }
  auto cleaned = identity::clean_label(label);
  if (!cleaned) co_return std::unexpected(cleaned.error());
  if (kind == Kind::recovery) co_return fail(kFactorNotFound, "recovery codes: factor.codes");
  if (count(owner) >= static_cast<std::int64_t>(parts_.limits.per_user)) {
    co_return fail(kFactorLimit);
  }
  CONCLAVE_CO_TRY(co_await prove(actor, std::move(proof)));
  tidy();
  Waiting waiting;
  do {
    waiting.id = FactorId{parts_.random.id_value()};
  } while (find(owner, waiting.id) != nullptr);
  waiting.kind = kind;
  waiting.label = std::move(*cleaned);
  if (kind == Kind::totp) {
    Bytes seed = parts_.random.bytes(kSeedBytes);
    waiting.seed = base::Secret(seed);
    base::wipe(seed);
  } else {
    waiting.challenge = parts_.random.bytes(kChallengeBytes);
  }
  waiting.expires_ms = parts_.clock.monotonic_ms() + parts_.limits.enrolment_ms;
  Begun out = begun(actor, waiting);
  waiting_.insert_or_assign(owner, std::move(waiting));
  co_return out;
}

Result<Factors::Checked> Factors::check(const Waiting& waiting, const Confirmation& answer) const {
  if (waiting.kind == Kind::totp) {
    const auto* code = std::get_if<std::string>(&answer);
    if (code == nullptr) return fail(kProofInvalid, "a code is asked for");
    Totp totp;
    const auto step =
        match_totp(totp.form, waiting.seed.view(), *code, parts_.clock.utc_ms(), totp.last_step);
    if (!step) return fail(kFactorWrong);
    totp.last_step = *step;
    return totp;
  }
  const auto* registration = std::get_if<Registration>(&answer);
  if (registration == nullptr) return fail(kProofInvalid, "an authenticator's answer is asked for");
  auto made = verify_registration(parts_.party, waiting.challenge, *registration);
  if (!made) return std::unexpected(made.error());
  if (registered(made->credential)) return fail(kWebAuthnRefused, "registered already");
  return WebAuthn{
      {std::move(made->credential), std::move(made->cose), made->sign_count, made->backup_eligible},
      made->attestation};
}

Task<Result<FactorView>> Factors::confirm(Actor actor, FactorId id, Confirmation answer) {
  const Owner owner{actor.tenant, actor.user};
  CONCLAVE_CO_TRY(sound(owner));
  tidy();
  const auto found = waiting_.find(owner);
  if (found == waiting_.end() || found->second.id != id) co_return fail(kEnrolmentOver);
  auto checked = check(found->second, answer);
  if (!checked) {
    if (++found->second.tries >= parts_.limits.confirm_tries) waiting_.erase(found);
    co_return std::unexpected(checked.error());
  }
  // Taken out before the first wait, so that it is confirmed once.
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  co_return co_await keep(actor, std::move(waiting), std::move(*checked));
}

Task<Result<FactorView>> Factors::keep(Actor actor, Waiting waiting, Checked checked) {
  const Owner owner{actor.tenant, actor.user};
  Factor factor;
  factor.id = waiting.id;
  factor.tenant = actor.tenant;
  factor.user = actor.user;
  factor.created_ms = parts_.clock.utc_ms();
  factor.version = 1;
  const std::string row = base::to_text(factor.id);
  if (auto* totp = std::get_if<Totp>(&checked)) {
    auto sealed =
        co_await parts_.writer.seal(actor.tenant, actor.user, "factor", row, "seed", factor.version,
                                    std::string(base::as_text(waiting.seed.view())));
    if (!sealed) co_return std::unexpected(sealed.error());
    totp->seed = std::move(*sealed);
    factor.what = std::move(*totp);
  } else {
    factor.what = std::move(std::get<WebAuthn>(checked));
  }
  auto label = co_await parts_.writer.seal(actor.tenant, actor.user, "factor", row, "label",
                                           factor.version, waiting.label);
  if (!label) co_return std::unexpected(label.error());
  factor.label = std::move(*label);
  FactorView view;
  view.id = factor.id;
  view.kind = factor.kind();
  view.label = waiting.label;
  view.created_ms = factor.created_ms;
  if (const auto* key = std::get_if<WebAuthn>(&factor.what)) {
    view.attested = key->attestation == Attestation::self;
  }
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (count(owner) >= static_cast<std::int64_t>(parts_.limits.per_user)) {
    co_return fail(kFactorLimit);
  }
  if (!parts_.directory.active(actor.tenant, actor.user)) co_return fail(kFactorNotFound);
  audit::Entry entry = entry_of(actor, "factor.enrolled", factor.id, factor.kind());
  CONCLAVE_CO_TRY(co_await store(std::move(factor), std::move(entry)));
  co_return view;
}

Task<Result<std::vector<std::string>>> Factors::codes(Actor actor, FreshProof proof) {
  const Owner owner{actor.tenant, actor.user};
  CONCLAVE_CO_TRY(sound(owner));
  CONCLAVE_CO_TRY(co_await prove(actor, std::move(proof)));
  RecoverySet set;
  set.salt = parts_.random.bytes(kRecoverySalt);
  auto key = co_await set_key(owner, set.salt);
  if (!key) co_return std::unexpected(key.error());
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kRecoveryCodes; ++i) {
    out.push_back(make_recovery_code(parts_.random));
    set.digests.push_back(recovery_digest(*key, clean_recovery_code(out.back())));
  }
  base::wipe(*key);
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  if (!parts_.directory.active(actor.tenant, actor.user)) co_return fail(kFactorNotFound);
  // The row keeps its place, so that no older set can stand beside the new one.
  Factor factor;
  for (const auto& [id, known] : shelves_[owner].factors) {
    if (known.kind() == Kind::recovery) factor = known;
  }
  while (!factor.id) {
    const FactorId id{parts_.random.id_value()};
    if (find(owner, id) == nullptr) factor.id = id;
  }
  factor.tenant = actor.tenant;
  factor.user = actor.user;
  factor.created_ms = parts_.clock.utc_ms();
  factor.used_ms = 0;
  ++factor.version;
  factor.what = std::move(set);
  audit::Entry entry = entry_of(actor, "factor.codes_made", factor.id, Kind::recovery);
  CONCLAVE_CO_TRY(co_await store(std::move(factor), std::move(entry)));
  co_return out;
}

}  // namespace conclave::factors
