#include <algorithm>

#include "runtime/factors/errors.hpp"
#include "runtime/factors/factors.hpp"
#include "runtime/factors/recovery_codes.hpp"
#include "runtime/observe/log.hpp"

// How factors are passed: one try, its verdict on disk, its price when it was wrong.
namespace conclave::factors {

namespace {

constexpr std::string_view kSetPurpose = "conclave/recovery/1";
constexpr std::size_t kChallengesAtOnce = 4;

// Whether an error says that the answer was wrong, rather than that nobody could look.
bool is_verdict(const Error& error) {
  return error.is(kFactorWrong) || error.is(kWebAuthnRefused) || error.is(kWebAuthnMalformed);
}

}  // namespace

Task<Result<policy::Factor>> Factors::verify(TenantId tenant, UserId user, Proof proof,
                                             Asker asker) {
  const Who who{tenant, user, asker.device};
  CONCLAVE_CO_TRY(sound(who.owner()));
  CONCLAVE_CO_TRY(parts_.writer.usable());
  std::string bucket = base::to_text(tenant) + "|" + base::to_text(user);
  if (asker.device) bucket += "|" + base::to_text(asker.device);
  const std::int64_t now_ms = parts_.clock.monotonic_ms();
  if (const std::int64_t wait_ms = guesses_.wait_ms(bucket, now_ms); wait_ms > 0) {
    co_return std::unexpected(Error(kFactorThrottled).retry_after(wait_ms));
  }
  guesses_.started(bucket, static_cast<bool>(asker.device), now_ms);
  auto passed = co_await tried(who, std::move(proof));
  if (!passed) {
    if (is_verdict(passed.error())) {
      co_await tell_wrong(who, passed.error());
    } else {
      guesses_.withdrawn(bucket);
    }
    co_return std::unexpected(passed.error());
  }
  guesses_.passed(bucket);
  co_return policy_factor(passed->kind());
}

Task<void> Factors::tell_wrong(Who who, Error why) {
  const bool cloned = why.is(kWebAuthnRefused) && why.detail() == "sign_count";
  if (cloned) {
    observe::warn("alarm.authenticator_copied", {{"tenant", who.tenant}, {"user", who.user}});
  }
  audit::Entry entry{who.tenant,
                     who.user,
                     who.tenant,
                     who.device,
                     cloned ? "factor.copied" : "factor.wrong",
                     base::to_text(who.user),
                     {{"why", why.detail().empty() ? std::string(why.reason()) : why.detail()}}};
  // The answer is a refusal either way; that it could not be recorded is for the operator.
  if (auto told = co_await parts_.writer.record(std::move(entry)); !told) {
    observe::warn("factor.not_recorded", {{"error", told.error()}});
  }
}

Task<Result<Factor>> Factors::tried(Who who, Proof proof) {
  if (auto* code = std::get_if<TotpCode>(&proof)) {
    co_return co_await tried_code(who, std::move(code->code));
  }
  if (auto* code = std::get_if<RecoveryCode>(&proof)) {
    co_return co_await tried_recovery(who, std::move(code->code));
  }
  co_return co_await tried_assertion(who, std::move(std::get<Assertion>(proof)));
}

namespace {

audit::Entry passed_entry(TenantId tenant, UserId user, DeviceId device, FactorId id, Kind kind) {
  return {tenant,
          user,
          tenant,
          device,
          "factor.passed",
          base::to_text(id),
          {{"kind", std::string(to_text(kind))}}};
}

}  // namespace

Task<Result<Factor>> Factors::tried_code(Who who, std::string code) {
  std::vector<Factor> candidates;
  std::vector<hsm::api::RowItem> rows;
  if (const auto shelf = shelves_.find(who.owner()); shelf != shelves_.end()) {
    for (const auto& [id, factor] : shelf->second.factors) {
      const auto* totp = std::get_if<Totp>(&factor.what);
      if (totp == nullptr) continue;
      candidates.push_back(factor);
      rows.push_back({who.tenant, who.user, "factor", base::to_text(id), "seed", totp->seed.version,
                      totp->seed.sealed});
    }
  }
  auto seeds = co_await open(std::move(rows));
  if (!seeds) co_return std::unexpected(seeds.error());
  FactorId found;
  std::uint64_t step = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto& totp = std::get<Totp>(candidates[i].what);
    const auto matched =
        match_totp(totp.form, (*seeds)[i], code, parts_.clock.utc_ms(), totp.last_step);
    base::wipe((*seeds)[i]);
    if (!matched) continue;
    found = candidates[i].id;
    step = *matched;
  }
  if (!found) co_return fail(kFactorWrong);
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Factor* now = find(who.owner(), found);
  if (now == nullptr) co_return fail(kFactorWrong);
  Factor next = *now;
  auto& totp = std::get<Totp>(next.what);
  // The same code may have come twice at once.
  if (step <= totp.last_step) co_return fail(kFactorWrong);
  totp.last_step = step;
  next.used_ms = parts_.clock.utc_ms();
  ++next.version;
  CONCLAVE_CO_TRY(
      co_await store(next, passed_entry(who.tenant, who.user, who.device, next.id, Kind::totp)));
  co_return next;
}

Task<Result<Bytes>> Factors::set_key(Owner owner, Bytes salt) {
  const base::Sha256 input = base::transcript_digest({base::as_bytes(kSetPurpose), salt});
  auto& keys = parts_.keys;
  co_return co_await async::await_callback<Bytes>([&keys, &owner, &input](Callback<Bytes> done) {
    keys.password_mac(owner.first, owner.second, Bytes(input.begin(), input.end()),
                      std::move(done));
  });
}

Task<Result<Factor>> Factors::tried_recovery(Who who, std::string code) {
  const std::string cleaned = clean_recovery_code(code);
  base::wipe(code);
  FactorId id;
  Bytes salt;
  if (const auto shelf = shelves_.find(who.owner()); shelf != shelves_.end()) {
    for (const auto& [each, factor] : shelf->second.factors) {
      const auto* set = std::get_if<RecoverySet>(&factor.what);
      if (set == nullptr) continue;
      id = each;
      salt = set->salt;
    }
  }
  if (!id || cleaned.empty()) co_return fail(kFactorWrong);
  auto key = co_await set_key(who.owner(), salt);
  if (!key) co_return std::unexpected(key.error());
  const Bytes digest = recovery_digest(*key, cleaned);
  base::wipe(*key);
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Factor* now = find(who.owner(), id);
  if (now == nullptr) co_return fail(kFactorWrong);
  Factor next = *now;
  auto& set = std::get<RecoverySet>(next.what);
  const std::size_t place = find_recovery_code(set.digests, digest);
  if (place == set.digests.size()) co_return fail(kFactorWrong);
  set.digests[place].clear();
  next.used_ms = parts_.clock.utc_ms();
  ++next.version;
  CONCLAVE_CO_TRY(co_await store(
      next, passed_entry(who.tenant, who.user, who.device, next.id, Kind::recovery)));
  co_return next;
}

Result<Bytes> Factors::take_challenge(const Owner& owner, ByteView client_data) {
  tidy();
  const auto claimed = claimed_challenge(client_data);
  if (!claimed) return std::unexpected(claimed.error());
  const auto asked = asked_.find(owner);
  if (asked == asked_.end()) return fail(kWebAuthnRefused, "challenge");
  const auto found = std::ranges::find(asked->second, *claimed, &Asked::challenge);
  if (found == asked->second.end()) return fail(kWebAuthnRefused, "challenge");
  asked->second.erase(found);  // one use, right or wrong
  return *claimed;
}

Task<Result<Factor>> Factors::tried_assertion(Who who, Assertion assertion) {
  const auto challenge = take_challenge(who.owner(), assertion.client_data);
  if (!challenge) co_return std::unexpected(challenge.error());
  const Bytes handle = base::ByteWriter(16).u64(who.tenant.value).u64(who.user.value).take();
  // Inside the gate from the look at the counter until it is stored.
  auto pass = co_await parts_.writer.enter();
  if (!pass) co_return std::unexpected(pass.error());
  const Factor* found = nullptr;
  if (const auto shelf = shelves_.find(who.owner()); shelf != shelves_.end()) {
    for (const auto& [id, factor] : shelf->second.factors) {
      const auto* key = std::get_if<WebAuthn>(&factor.what);
      if (key != nullptr && key->credential.credential == assertion.credential) found = &factor;
    }
  }
  if (found == nullptr) co_return fail(kWebAuthnRefused, "credential");
  Factor next = *found;
  auto& key = std::get<WebAuthn>(next.what);
  const auto good = verify_assertion(parts_.party, *challenge, key.credential, handle, assertion);
  if (!good) co_return std::unexpected(good.error());
  key.credential.sign_count = good->sign_count;
  next.used_ms = parts_.clock.utc_ms();
  ++next.version;
  CONCLAVE_CO_TRY(co_await store(
      next, passed_entry(who.tenant, who.user, who.device, next.id, Kind::webauthn)));
  co_return next;
}

Result<Challenge> Factors::webauthn_challenge(TenantId tenant, UserId user) {
  const Owner owner{tenant, user};
  CONCLAVE_TRY(sound(owner));
  tidy();
  Challenge out;
  if (const auto shelf = shelves_.find(owner); shelf != shelves_.end()) {
    for (const auto& [id, factor] : shelf->second.factors) {
      const auto* key = std::get_if<WebAuthn>(&factor.what);
      if (key != nullptr) out.credentials.push_back(key->credential.credential);
    }
  }
  if (out.credentials.empty()) return fail(kFactorNotFound);
  out.challenge = parts_.random.bytes(kChallengeBytes);
  out.rp_id = parts_.party.id;
  out.expires_ms = parts_.clock.utc_ms() + parts_.limits.challenge_ms;
  auto& list = asked_[owner];
  if (list.size() >= kChallengesAtOnce) list.erase(list.begin());
  list.push_back({out.challenge, parts_.clock.monotonic_ms() + parts_.limits.challenge_ms});
  return out;
}

}  // namespace conclave::factors
