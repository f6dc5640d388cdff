#include "runtime/factors/password_rules.hpp"

#include <algorithm>

#include "policies/engine/engine.hpp"
#include "runtime/factors/breached.hpp"
#include "runtime/factors/errors.hpp"
#include "runtime/factors/records.hpp"
#include "runtime/identity/errors.hpp"

namespace conclave::factors {

namespace {

std::int64_t characters(ByteView text) {
  return std::ranges::count_if(text, [](std::uint8_t byte) { return (byte & 0xc0U) != 0x80U; });
}

std::unexpected<Error> refusal(const policy::Reason& reason) {
  switch (reason.code) {
    case policy::Code::password_breached:
      return fail(kPasswordBreached);
    case policy::Code::password_reused:
      return fail(kPasswordReused);
    default:
      return fail(identity::kPasswordWeak,
                  "needs at least " + std::to_string(reason.limit) + " characters");
  }
}

}  // namespace

Task<Result<identity::PasswordVerdict>> PasswordRules::judge(TenantId tenant, UserId user,
                                                             base::Secret password,
                                                             identity::SetBy by) {
  policy::PasswordFacts facts;
  facts.characters = characters(password.view());
  facts.breached = is_breached(password.view());
  auto digest = co_await persons_.digest(tenant, user, std::move(password));
  if (!digest) co_return std::unexpected(digest.error());
  // An admin who sets a password must not learn that its owner uses it for another account.
  facts.reused = by == identity::SetBy::owner && persons_.elsewhere(tenant, user, *digest);
  const policy::Decision decision = policy::decide_password(facts, policy_(tenant));
  if (decision.outcome == policy::Outcome::refuse) co_return refusal(*decision.main_reason());
  identity::PasswordVerdict out;
  for (const policy::Reason& reason : decision.reasons) {
    out.warnings.emplace_back(policy::code_text(reason.code));
  }
  out.breached = facts.breached;
  out.digest = std::move(*digest);
  co_return out;
}

bool PasswordRules::breached(ByteView password) const {
  return is_breached(password);
}

std::vector<store::Record> PasswordRules::rows(TenantId tenant, UserId user,
                                               const identity::PasswordVerdict& verdict) const {
  std::vector<store::Record> out;
  if (const auto person = persons_.changed(tenant, user, verdict.digest)) {
    out.push_back(encode(*person));
  }
  return out;
}

void PasswordRules::stored(TenantId tenant, UserId user, const identity::PasswordVerdict& verdict) {
  if (auto person = persons_.changed(tenant, user, verdict.digest))
    persons_.put(std::move(*person));
}

}  // namespace conclave::factors
