#pragma once

#include <cstdint>

#include "hsm/api/key_service.hpp"
#include "runtime/async/blocking_pool.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/random.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/identity/model.hpp"
#include "runtime/identity/password_judge.hpp"

namespace conclave::identity {

struct PasswordRules {
  std::size_t min_length = 10;  // characters, not bytes
  std::size_t max_bytes = 1024;
  std::uint32_t passes = 2;  // Argon2id opslimit of new tags
  std::uint32_t memory_kib = 19 * 1024;
};

// Tag = HMAC(pepper, tenant | account | Argon2id(password, salt)), K4. Argon2id runs on a pool of
// its own; when its queue is full the attempt is refused with kPasswordBusy.
class Passwords {
 public:
  struct Parts {
    hsm::api::KeyService& keys;
    async::BlockingPool& pool;
    base::Random& random;
    PasswordRules rules;
  };
  explicit Passwords(Parts parts) : parts_(parts) {}

  // Who judges new passwords beyond check_rules(); outlives this. Without one all are taken.
  void judged_by(PasswordJudge* judge) { judge_ = judge; }

  // kPasswordWeak says what is missing.
  [[nodiscard]] Result<void> check_rules(ByteView password, std::string_view account) const;
  // Form first, then the judge.
  [[nodiscard]] Task<Result<PasswordVerdict>> judge(TenantId tenant, UserId user,
                                                    std::string account, base::Secret password,
                                                    SetBy by);
  // The judge's rows for the transaction with the credential, and that it is on disk.
  [[nodiscard]] std::vector<store::Record> rows(TenantId tenant, UserId user,
                                                const PasswordVerdict& verdict) const;
  void stored(TenantId tenant, UserId user, const PasswordVerdict& verdict);

  // Argon2id with the cost of new tags, 32 bytes; `salt` has 16.
  [[nodiscard]] Task<Result<Bytes>> stretch(Bytes salt, base::Secret password);

  // A credential with version 0 and without a time; the caller stores it.
  [[nodiscard]] Task<Result<Credential>> make(TenantId tenant, UserId user, base::Secret password);
  // False without a judge.
  [[nodiscard]] bool breached(ByteView password) const {
    return judge_ != nullptr && judge_->breached(password);
  }
  [[nodiscard]] Task<Result<bool>> matches(TenantId tenant, Credential credential,
                                           base::Secret password);
  // The same work for an account that does not exist: always false, in the same time. `tenant` is
  // the one that the account names, or the provider when there is none.
  [[nodiscard]] Task<Result<bool>> pretend(TenantId tenant, std::string account,
                                           base::Secret password);

 private:
  [[nodiscard]] Task<Result<Bytes>> tag(TenantId tenant, UserId user, Bytes salt,
                                        std::uint32_t passes, std::uint32_t memory_kib,
                                        base::Secret password);
  [[nodiscard]] Task<Result<Bytes>> hash(Bytes salt, std::uint32_t passes, std::uint32_t memory_kib,
                                         base::Secret password);
  Parts parts_;
  PasswordJudge* judge_ = nullptr;
};

}  // namespace conclave::identity
