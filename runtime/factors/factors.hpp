#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/factors/guess_limit.hpp"
#include "runtime/factors/model.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/identity/belongings.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sound_rows.hpp"

namespace conclave::factors {

struct TotpCode {
  std::string code;
};
struct RecoveryCode {
  std::string code;
};
using Proof = std::variant<TotpCode, RecoveryCode, Assertion>;
// What a change of factors asks for: the password or a factor.
using FreshProof = std::variant<base::Secret, Proof>;

// From where somebody answers.
struct Asker {
  // A device of the user that is known: it has an allowance of wrong answers of its own. None:
  // somebody who may be anybody.
  DeviceId device;
};

struct FactorView {
  FactorId id;
  Kind kind{};
  std::string label;
  std::int64_t created_ms = 0;
  std::int64_t used_ms = 0;    // 0: never
  std::size_t codes_left = 0;  // of recovery codes
  bool attested = false;       // of WebAuthn: the authenticator signed for itself
};

struct BegunTotp {
  std::string secret;  // base32; told this once
  std::string uri;     // "otpauth://..."
};
struct BegunWebAuthn {
  Bytes challenge;
  std::string rp_id;
  std::string rp_name;
  Bytes user_handle;
  std::string account;
  std::string display_name;
  std::vector<Bytes> exclude;  // credentials that are registered already
};
struct Begun {
  FactorId id;
  std::int64_t expires_ms = 0;  // UTC
  std::variant<BegunTotp, BegunWebAuthn> what;
};
// The first code of the new application, or what the new authenticator answered.
using Confirmation = std::variant<std::string, Registration>;

struct Challenge {
  Bytes challenge;
  std::string rp_id;
  std::vector<Bytes> credentials;
  std::int64_t expires_ms = 0;  // UTC
};

// Second factors of users: requirement T-01. On the shard's thread only.
//
// A user whose factor rows are not sound (changed, older than the audit trail, missing) keeps the
// factors that the trail knows of, but none of them passes and nothing can be enrolled or removed:
// kRowRefused, until an operator restores a backup.
class Factors : public identity::Belongings {
 public:
  struct Limits {
    std::size_t per_user = 10;
    std::int64_t enrolment_ms = 600'000;
    std::int64_t challenge_ms = 300'000;
    int confirm_tries = 5;
    std::size_t waiting = 10'000;  // enrolments and challenges of all users; the oldest go
    GuessLimit::Limits guesses;
  };
  struct Parts {
    identity::Directory& directory;
    identity::Account& account;
    identity::RowWriter& writer;
    hsm::api::KeyService& keys;
    const base::Clock& clock;
    base::Random& random;
    std::string issuer;  // as authenticator applications show it
    RelyingParty party;
    Limits limits;
  };
  explicit Factors(Parts parts);
  ~Factors() override;

  [[nodiscard]] Result<void> load(const identity::SoundRows& rows);

  // What counts for policies; recovery codes only while one is left.
  [[nodiscard]] policy::Words<policy::Factor> enrolled(TenantId tenant, UserId user) const;
  [[nodiscard]] bool damaged(TenantId tenant, UserId user) const;

  // `label` is shown in lists, 1 to 128 bytes. Of recovery codes there is none to begin: codes().
  // A newer enrolment of the user replaces one that was not confirmed.
  [[nodiscard]] Task<Result<Begun>> begin(identity::Actor actor, Kind kind, std::string label,
                                          FreshProof proof);
  // kFactorWrong (five times), kWebAuthnRefused; kEnrolmentOver.
  [[nodiscard]] Task<Result<FactorView>> confirm(identity::Actor actor, FactorId id,
                                                 Confirmation answer);
  // Without the set of recovery codes while there is none; by time of enrolment.
  [[nodiscard]] Task<Result<std::vector<FactorView>>> list(identity::Actor actor);
  [[nodiscard]] Task<Result<void>> remove(identity::Actor actor, FactorId id, FreshProof proof);
  // Ten new recovery codes, told this once; those before are worthless from now on.
  [[nodiscard]] Task<Result<std::vector<std::string>>> codes(identity::Actor actor,
                                                             FreshProof proof);

  // Which factor was passed. kFactorWrong, kFactorThrottled (with retry_after), kWebAuthnRefused,
  // kRowRefused. What is used up (a step, a code, a counter) is on disk before this answers.
  [[nodiscard]] Task<Result<policy::Factor>> verify(TenantId tenant, UserId user, Proof proof,
                                                    Asker asker = {});
  // For an assertion; one use. kFactorNotFound when the user has no authenticator.
  [[nodiscard]] Result<Challenge> webauthn_challenge(TenantId tenant, UserId user);

  // Belongings: the rows go with their user.
  void take_along(TenantId tenant, UserId user, store::Transaction* more) const override;
  void gone(TenantId tenant, UserId user) override;

 private:
  using Owner = std::pair<TenantId, UserId>;
  struct Who {
    TenantId tenant;
    UserId user;
    DeviceId device;
    [[nodiscard]] Owner owner() const { return {tenant, user}; }
  };
  struct Shelf {
    std::map<FactorId, Factor> factors;
    bool damaged = false;
  };
  // An enrolment that is not confirmed.
  struct Waiting {
    FactorId id;
    Kind kind{};
    std::string label;
    base::Secret seed;
    Bytes challenge;
    std::int64_t expires_ms = 0;  // monotonic
    int tries = 0;
  };
  // A challenge that is not answered.
  struct Asked {
    Bytes challenge;
    std::int64_t expires_ms = 0;  // monotonic
  };
  using Checked = std::variant<Totp, WebAuthn>;

  [[nodiscard]] const Factor* find(const Owner& owner, FactorId id) const;
  [[nodiscard]] bool registered(const Bytes& credential) const;
  [[nodiscard]] Result<void> sound(const Owner& owner) const;
  [[nodiscard]] std::int64_t count(const Owner& owner) const;  // without recovery codes
  [[nodiscard]] Task<Result<void>> prove(identity::Actor actor, FreshProof proof);
  // The caller is inside the gate.
  [[nodiscard]] Task<Result<void>> store(Factor factor, audit::Entry entry);
  [[nodiscard]] Task<Result<FactorView>> keep(identity::Actor actor, Waiting waiting,
                                              Checked checked);
  [[nodiscard]] Result<Checked> check(const Waiting& waiting, const Confirmation& answer) const;
  [[nodiscard]] Begun begun(const identity::Actor& actor, const Waiting& waiting) const;

  // One try each: the factor as it was stored after it, or why not.
  [[nodiscard]] Task<Result<Factor>> tried(Who who, Proof proof);
  [[nodiscard]] Task<Result<Factor>> tried_code(Who who, std::string code);
  [[nodiscard]] Task<Result<Factor>> tried_recovery(Who who, std::string code);
  [[nodiscard]] Task<Result<Factor>> tried_assertion(Who who, Assertion assertion);
  [[nodiscard]] Result<Bytes> take_challenge(const Owner& owner, ByteView client_data);
  [[nodiscard]] Task<void> tell_wrong(Who who, Error why);
  [[nodiscard]] Task<Result<Bytes>> set_key(Owner owner, Bytes salt);
  [[nodiscard]] Task<Result<std::vector<Bytes>>> open(std::vector<hsm::api::RowItem> rows);
  // Forgets what has expired, and what is over the limit.
  void tidy();

  Parts parts_;
  GuessLimit guesses_;
  std::map<Owner, Shelf> shelves_;
  std::map<Owner, Waiting> waiting_;
  std::map<Owner, std::vector<Asked>> asked_;
};

}  // namespace conclave::factors
