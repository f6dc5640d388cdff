#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policies/document/change.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/identity/row_writer.hpp"
#include "runtime/identity/sound_rows.hpp"
#include "runtime/rules/version.hpp"

namespace conclave::rules {

// Where a tenant's policy comes from.
enum class Standing : std::uint8_t {
  shipped,  // nobody set one: `policy.default` holds
  set,      // the newest version holds
  refused,  // the newest version is not sound: the shipped `strict` holds
};
[[nodiscard]] std::string_view to_text(Standing standing);

struct InForce {
  Standing standing = Standing::shipped;
  std::uint64_t newest = 0;  // the highest number that was given; what set() expects
  std::string base;          // the shipped policy that it stands on
  std::string why;           // refused: what is wrong with which version
};

// A policy to look at: the one in force, or an old version.
struct Shown {
  bool in_force = false;
  InForce now;            // of the tenant, whichever version is shown
  Version version;        // number 0 where a shipped policy holds; then only the document is filled
  std::string effective;  // TOML with every key; empty for a version that no longer reads
};

// One version as a list shows it.
struct Listed {
  std::uint64_t number = 0;
  bool in_force = false;
  std::string refused;  // why it cannot be used; then nothing below is known
  UserId by;
  TenantId by_tenant;
  std::int64_t set_ms = 0;  // UTC
  std::uint64_t copy_of = 0;
  std::string effect;  // "weakening, moving trust"
  std::string note;
  Evidence evidence;  // of one that had to be signed
};

// A version that is to be written, held against what is in force.
struct Draft {
  Version version;  // tenant, note, document, effect; the rest is the caller's
  policy::Policy policy;
  std::vector<policy::Change> changes;
  std::uint64_t replaces = 0;  // version() of the tenant
  base::Sha256 old_digest{};   // of the document in force
};

// The policy in force of each tenant. On the shard's thread only, refused() apart.
class Book {
 public:
  struct Parts {
    const identity::Directory& directory;
    identity::RowWriter& writer;
    hsm::api::KeyService& keys;
    const base::Clock& clock;
    std::string default_policy;  // a shipped policy's name
  };
  explicit Book(Parts parts);
  ~Book();

  // At a start, once the rows were checked; again: from the beginning. An error means that keyd
  // could not be asked.
  [[nodiscard]] Task<Result<void>> load(identity::SoundRows rows);

  // What holds for `tenant`, known or not. Valid until the caller's next co_await.
  [[nodiscard]] const policy::Policy& of(TenantId tenant) const;
  // The highest number that was given; 0 where nobody set a policy.
  [[nodiscard]] std::uint64_t version(TenantId tenant) const;
  [[nodiscard]] InForce in_force(TenantId tenant) const;

  // Writing needs security_admin of the tenant, reading that or auditor; provider_admin may both.
  // Others: kDenied, kTenantNotFound.
  [[nodiscard]] Result<void> may_write(const identity::Actor& by, TenantId tenant) const;
  [[nodiscard]] Result<void> may_read(const identity::Actor& by, TenantId tenant) const;

  // Looks at no right. kPolicyInvalid with every line that is wrong, contradictions included.
  [[nodiscard]] Result<Draft> draft(TenantId tenant, std::string document, std::string note) const;
  // The document in force, as it was written; of a shipped policy its text.
  [[nodiscard]] std::string document_in_force(TenantId tenant) const;
  // Puts it into force: one audited transaction, with the rows `beside`. The caller holds the
  // writer's gate and has looked at rights; `by` completed it, draft.version.by wrote it.
  // kPolicyConflict unless draft.replaces is version(), kChangeUnsigned unless the evidence of a
  // version that weakens or moves trust holds against what is in force now.
  [[nodiscard]] Task<Result<Version>> put(identity::Actor by, Draft draft,
                                          std::vector<store::Record> beside);

  // Newest first.
  [[nodiscard]] Result<std::vector<Listed>> history(const identity::Actor& by,
                                                    TenantId tenant) const;
  // kVersionNotFound, also for one that was refused.
  [[nodiscard]] Result<Version> document(const identity::Actor& by, TenantId tenant,
                                         std::uint64_t number) const;
  // What is in force, or with a `number` that version.
  [[nodiscard]] Result<Shown> show(const identity::Actor& by, TenantId tenant,
                                   std::uint64_t number = 0) const;

  // Called after each change, with memory as the change made it.
  void on_change(std::function<void(TenantId)> hook) { changed_ = std::move(hook); }

  // Tenants whose newest version is not sound. Any thread.
  [[nodiscard]] std::size_t refused() const { return refused_.load(); }

 private:
  struct Shelf;  // the versions of one tenant

  [[nodiscard]] const Shelf* shelf(TenantId tenant) const;
  void take(Version version, const Result<Bytes>& texts);
  void refuse(const store::Record& place, std::string why);
  [[nodiscard]] Task<Result<void>> open(std::vector<SealedVersion> versions);
  void settle(TenantId tenant, Shelf& shelf);
  [[nodiscard]] Result<void> fits(const Draft& draft) const;

  Parts parts_;
  const policy::Policy* default_;
  std::map<TenantId, std::unique_ptr<Shelf>> shelves_;
  std::function<void(TenantId)> changed_;
  std::atomic<std::size_t> refused_{0};
};

}  // namespace conclave::rules
