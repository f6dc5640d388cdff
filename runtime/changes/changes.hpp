#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/changes/change.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sound_rows.hpp"
#include "runtime/rules/book.hpp"

namespace conclave::changes {

inline constexpr std::int64_t kShortestLife_ms = 1'000;
inline constexpr std::int64_t kUsualLife_ms = 7 * 86'400'000LL;
inline constexpr std::int64_t kLongestLife_ms = 30 * 86'400'000LL;

// What somebody asks for.
struct Wish {
  std::uint64_t expected_version = 0;    // what they saw in force
  std::string note;                      // why; may be empty
  std::int64_t life_ms = kUsualLife_ms;  // how long it may wait
};

// What became of it: exactly one of the two.
struct Outcome {
  std::optional<rules::Version> made;  // in force
  std::optional<Change> waits;         // for signatures
};

// What a change would do, without doing it.
struct Plan {
  rules::Draft draft;
  bool waits = false;
  policy::Quorum quorum;  // where it waits
};

// An approval as it counts now.
struct Counted {
  const rules::Approval* approval = nullptr;
  policy::Parties parties;  // none: its device is revoked, or the person lost the role
};

// Changes of tenants' policies: what only tightens holds at once, what weakens or moves trust waits
// for signatures (X.1606 8.3.1). Each step is one audited transaction; a change takes effect in the
// one in which its last signature is stored. On the shard's thread.
class Changes {
 public:
  struct Parts {
    const identity::Directory& directory;
    identity::RowWriter& writer;
    rules::Book& book;
    hsm::api::KeyService& keys;
    const base::Clock& clock;
    base::Random& random;
    std::size_t signatures = 2;       // people, 1 to 3; 1: whoever may set a policy, alone
    std::size_t user_signatures = 3;  // users besides, where a field asks them; at most 16
  };
  explicit Changes(Parts parts) : parts_(parts) {}

  // After the book. A row that is unsound, or whose signatures do not hold, waits for nothing any
  // more and raises an alarm. An error means that keyd could not be asked.
  [[nodiscard]] Task<Result<void>> load(identity::SoundRows rows);

  // Need security_admin of the tenant or provider_admin: identity::kDenied, kTenantNotFound.
  // rules::kPolicyInvalid, kPolicyConflict unless `expected_version` is in force, kChangesFull.
  [[nodiscard]] Result<Plan> plan(const identity::Actor& by, TenantId tenant,
                                  std::string document) const;
  [[nodiscard]] Task<Result<Outcome>> set(identity::Actor by, TenantId tenant, std::string document,
                                          Wish wish);
  // The document of an old version again; rules::kVersionNotFound.
  [[nodiscard]] Task<Result<Outcome>> roll_back(identity::Actor by, TenantId tenant,
                                                std::uint64_t number, Wish wish);

  // With the signature of the caller's device over proposal_statement(evidence.proposal).
  // Signatures whose device was revoked since, or whose signer lost the role, count no more.
  // kChangeNotFound, kChangeState, kChangeRole, kChangeSigned, kChangeInvalid.
  [[nodiscard]] Task<Result<Outcome>> approve(identity::Actor by, TenantId tenant, ChangeId id,
                                              Bytes signature);
  // By who may set a policy of the tenant.
  [[nodiscard]] Task<Result<Change>> withdraw(identity::Actor by, TenantId tenant, ChangeId id);

  // Newest first; states as they are now. Who may read policies sees all, others those that ask
  // them as users; 100 that are over are kept.
  [[nodiscard]] Result<std::vector<Change>> list(const identity::Actor& by, TenantId tenant) const;
  [[nodiscard]] Result<Change> find(const identity::Actor& by, TenantId tenant, ChangeId id) const;
  // The approvals of a pending change as they count now; of others as they counted then. Points
  // into `change`.
  [[nodiscard]] std::vector<Counted> counted(const Change& change) const;
  [[nodiscard]] policy::Missing missing(const Change& change) const;

  // Notes what expired or was superseded; once a minute or so.
  [[nodiscard]] Task<void> upkeep();

 private:
  [[nodiscard]] State standing(const Change& change) const;
  [[nodiscard]] Change as_it_stands(Change change) const;
  [[nodiscard]] policy::Parties stands_for(const policy::Proposal& proposal, TenantId home,
                                           UserId person) const;
  [[nodiscard]] bool sees_all(const identity::Actor& by, TenantId tenant) const;
  [[nodiscard]] bool may_see(const identity::Actor& by, const Change& change) const;
  [[nodiscard]] policy::Quorum quorum_of(const rules::Draft& draft, std::int64_t now_ms) const;
  [[nodiscard]] bool full(TenantId tenant) const;
  [[nodiscard]] std::vector<ChangeId> too_old(TenantId tenant) const;
  // The gate is held for those below.
  [[nodiscard]] Task<Result<Outcome>> carry_out(identity::Actor by, rules::Draft draft, Wish wish);
  [[nodiscard]] Task<Result<Outcome>> propose(identity::Actor by, rules::Draft draft, Wish wish);
  [[nodiscard]] Result<Change> signed_by(const identity::Actor& by, Change change,
                                         Bytes signature) const;
  [[nodiscard]] Task<Result<Outcome>> take_effect(identity::Actor by, Change change);
  [[nodiscard]] Task<Result<store::Record>> sealed(Change change);
  [[nodiscard]] Task<Result<void>> keep(Change change, audit::Entry entry,
                                        std::vector<ChangeId> gone = {});
  [[nodiscard]] Task<Result<void>> close(ChangeId id);

  Parts parts_;
  std::map<ChangeId, Change> changes_;
};

}  // namespace conclave::changes
