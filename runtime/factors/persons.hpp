#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "hsm/api/key_service.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/factors/model.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/identity/belongings.hpp"
#include "runtime/identity/sound_rows.hpp"

namespace conclave::factors {

struct LinkCode {
  std::string code;             // told once
  std::int64_t expires_ms = 0;  // UTC
};

// Which accounts of different tenants are one person's, so that a password that is used twice can
// be noticed: requirement I-05, keys contract K4. Only the person says so: one account asks for a
// code, the other one presents it, both with their passwords. Nobody else learns of it: not the
// tenants, not their admins, and an answer never says where a password is used as well. On the
// shard's thread only.
class Persons : public identity::Belongings {
 public:
  struct Limits {
    std::int64_t code_ms = 600'000;
    std::size_t codes = 10'000;  // of all users; the oldest go
  };
  struct Parts {
    identity::Directory& directory;
    identity::Account& account;
    identity::Passwords& passwords;
    identity::RowWriter& writer;
    hsm::api::KeyService& keys;
    const base::Clock& clock;
    base::Random& random;
    Limits limits;
  };
  explicit Persons(Parts parts) : parts_(parts) {}

  void load(const identity::SoundRows& rows);

  // A newer code of the account replaces an older one. kPasswordWrong.
  [[nodiscard]] Task<Result<LinkCode>> link_code(identity::Actor actor, base::Secret password);
  // True: both accounts have the same password now. kLinkRefused, kLinkSame, kLinkConflict,
  // kPasswordWrong (the code then stays good).
  [[nodiscard]] Task<Result<bool>> link(identity::Actor actor, std::string code,
                                        base::Secret password);
  // The account is nobody's but its own again. Has no effect when it was before.
  [[nodiscard]] Task<Result<void>> unlink(identity::Actor actor);
  [[nodiscard]] bool linked(TenantId tenant, UserId user) const;

  // The reuse digest of a password for this account; none when the account is linked to no other.
  // kRowRefused when its row is not sound.
  [[nodiscard]] Task<Result<Bytes>> digest(TenantId tenant, UserId user, base::Secret password);
  // True when another account of the same person has this digest.
  [[nodiscard]] bool elsewhere(TenantId tenant, UserId user, const Bytes& digest) const;
  // The account's row with a new digest; none without one.
  [[nodiscard]] std::optional<Person> changed(TenantId tenant, UserId user,
                                              const Bytes& digest) const;
  void put(Person person);

  void take_along(TenantId tenant, UserId user, store::Transaction* more) const override;
  void gone(TenantId tenant, UserId user) override;

 private:
  using Owner = std::pair<TenantId, UserId>;
  struct Offer {
    base::Sha256 code{};
    Person person;                 // as the offering account's row will be
    std::uint64_t credential = 0;  // version of its password at that time
    std::int64_t expires_ms = 0;   // monotonic
  };

  [[nodiscard]] Task<Result<Bytes>> mac(std::uint64_t person, Bytes salt, base::Secret password);
  [[nodiscard]] Result<Offer> take_offer(const identity::Actor& actor, const std::string& code);
  // Inside the gate.
  [[nodiscard]] Task<Result<void>> store(Person person, DeviceId device);
  [[nodiscard]] const Person* find(const Owner& owner) const;
  [[nodiscard]] std::uint64_t next_version(const Owner& owner) const;
  void tidy();

  Parts parts_;
  std::map<Owner, Person> persons_;
  std::map<Owner, bool> damaged_;
  std::map<Owner, Offer> offers_;
};

}  // namespace conclave::factors
