#pragma once

#include <string>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::identity {

// What a judge found of a password that may be set.
struct PasswordVerdict {
  // Reasons for the owner to choose another one all the same: "password.reused".
  std::vector<std::string> warnings;
  bool breached = false;  // it stands on the list, and the policy puts up with that
  // Of the judge alone, for rows() and stored().
  Bytes digest;
};

enum class SetBy { owner, admin };

// Judges a new password beyond its form: the tenant's policy, lists of breached ones, use for
// another account. On the shard's thread.
class PasswordJudge {
 public:
  virtual ~PasswordJudge() = default;
  // An error refuses the password. An admin who sets one learns nothing of the owner's other
  // accounts. `user` may not exist yet.
  [[nodiscard]] virtual Task<Result<PasswordVerdict>> judge(TenantId tenant, UserId user,
                                                            base::Secret password, SetBy by) = 0;
  // It stands on the list of breached passwords.
  [[nodiscard]] virtual bool breached(ByteView password) const = 0;
  // Rows that go with the new credential; called inside the gate of the writer.
  [[nodiscard]] virtual std::vector<store::Record> rows(TenantId tenant, UserId user,
                                                        const PasswordVerdict& verdict) const = 0;
  // They are on disk.
  virtual void stored(TenantId tenant, UserId user, const PasswordVerdict& verdict) = 0;
};

}  // namespace conclave::identity
