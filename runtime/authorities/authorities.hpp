#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/authorities/verifier.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/random.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sound_rows.hpp"

namespace conclave::authorities {

// One authority as people see it. Times are UTC.
struct Described {
  AuthorityId id;
  std::string subject;      // RFC 4514
  std::string serial;       // hex
  std::string fingerprint;  // SHA-256 of the DER, hex
  std::int64_t not_before_ms = 0;
  std::int64_t not_after_ms = 0;
  std::int64_t list_until_ms = 0;  // when its revocation list is out of date; 0: it has none
  std::size_t revoked = 0;         // entries of that list
  std::int64_t changed_ms = 0;
};

// The authorities whose client certificates prove a tenant's VPN (network.certificate_proof): at
// most kMostAuthorities a tenant, rows of power. On the shard's thread only.
class Authorities {
 public:
  struct Parts {
    const identity::Directory& directory;
    identity::RowWriter& writer;
    const base::Clock& clock;
    base::Random& random;
  };
  explicit Authorities(Parts parts) : parts_(parts) {}

  // From the rows of a start. One that is unsound or cannot be read lets nobody in any more: it is
  // left out with an alarm, and the next change of the tenant's authorities takes the row away.
  void load(const identity::SoundRows& rows);

  // Nothing where nothing was presented or the tenant has no authority. What was proven is
  // remembered until it runs out or an authority changes, so that looking again costs a digest.
  [[nodiscard]] std::optional<Judged> judge(TenantId tenant,
                                            const network::PresentedChain& presented) const;

  // Changes need security_admin of the tenant, reading that or auditor; provider_admin may both.
  // Others: kDenied, kTenantNotFound. Each change is one audited row.
  //
  // `pem`: one certificate. `list`: its revocation list in PEM; empty: it revokes none.
  // kAuthorityInvalid, kAuthorityExists, kAuthorityLimit.
  [[nodiscard]] Task<Result<Described>> add(identity::Actor by, TenantId tenant, std::string pem,
                                            std::string list);
  // Another revocation list, or none. kAuthorityInvalid, also for one that is older than the one it
  // replaces; kAuthorityNotFound.
  [[nodiscard]] Task<Result<Described>> set_list(identity::Actor by, TenantId tenant,
                                                 AuthorityId id, std::string list);
  // Whoever is in by one of its certificates alone is looked at again. kAuthorityNotFound.
  [[nodiscard]] Task<Result<void>> remove(identity::Actor by, TenantId tenant, AuthorityId id);
  // Oldest id first.
  [[nodiscard]] Result<std::vector<Described>> list(const identity::Actor& by,
                                                    TenantId tenant) const;

  // Called after each change, with memory as the change made it.
  void on_change(std::function<void(TenantId)> hook) { changed_ = std::move(hook); }

 private:
  struct Shelf {
    std::map<AuthorityId, Authority> sound;
    std::vector<AuthorityId> refused;
    std::optional<Verifier> verifier;
    struct Proven {
      Judged judged;
      std::int64_t since_ms = 0;  // UTC; a clock that was set back asks anew
    };
    std::map<base::Sha256, Proven> proven;  // by digest of the chain; at most kRemembered
  };

  [[nodiscard]] const Authority* find(TenantId tenant, AuthorityId id) const;
  // The gate is the caller's. `gone`: taken away instead of stored.
  [[nodiscard]] Task<Result<void>> store(identity::Actor by, Authority authority,
                                         std::string action, bool gone);
  void settle(Shelf& shelf);

  static constexpr std::size_t kRemembered = 10'000;

  Parts parts_;
  mutable std::map<TenantId, Shelf> shelves_;  // `proven` grows while it is asked
  std::function<void(TenantId)> changed_;
};

}  // namespace conclave::authorities
