#pragma once

#include <functional>

#include "policies/document/policy.hpp"
#include "runtime/factors/persons.hpp"
#include "runtime/identity/password_judge.hpp"

namespace conclave::factors {

// The policy in force of a tenant; of one that does not exist, the shipped default. The reference
// is good until the caller's next co_await.
using PolicyOf = std::function<const policy::Policy&(TenantId tenant)>;

// New passwords against the tenant's policy, the list of breached ones and the person's other
// accounts (requirements T-01 and I-05). On the shard's thread.
class PasswordRules : public identity::PasswordJudge {
 public:
  PasswordRules(PolicyOf policy, Persons& persons)
      : policy_(std::move(policy)), persons_(persons) {}

  // kPasswordWeak, kPasswordBreached, kPasswordReused.
  [[nodiscard]] Task<Result<identity::PasswordVerdict>> judge(TenantId tenant, UserId user,
                                                              base::Secret password,
                                                              identity::SetBy by) override;
  [[nodiscard]] bool breached(ByteView password) const override;
  [[nodiscard]] std::vector<store::Record> rows(
      TenantId tenant, UserId user, const identity::PasswordVerdict& verdict) const override;
  void stored(TenantId tenant, UserId user, const identity::PasswordVerdict& verdict) override;

 private:
  PolicyOf policy_;
  Persons& persons_;
};

}  // namespace conclave::factors
