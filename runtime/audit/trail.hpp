#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/store/content_store.hpp"

namespace conclave::audit {

// The author of what the server itself writes, one key a tenant (keys contract, K1). Ids of people
// are random; this one is reserved.
inline constexpr UserId kSystemAuthor{1};

// What a change made of a row of power: its new version, or 0 when the row was taken away. The
// newest entry about a row wins over the row itself, so that an old row with its old MAC does not
// come back to life (keys contract, K3).
struct RowState {
  std::uint8_t kind = 0;  // store::RecordKind
  TenantId tenant;
  std::uint64_t id = 0;
  std::uint64_t sub = 0;
  std::uint64_t version = 0;
};

// One thing that happened. Names things by id; holds no secret and no content.
struct Entry {
  TenantId tenant;      // whose trail; none: the installation's
  UserId by;            // none: the server itself
  TenantId by_tenant;   // of `by`
  DeviceId device;      // from which
  std::string action;   // "user.created"
  std::string subject;  // text id of what it happened to
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<RowState> rows = {};  // filled by who writes them
};

struct ReadEntry {
  std::uint64_t number = 0;
  std::int64_t ts_ms = 0;
  TenantId tenant;
  std::string content;   // JSON
  bool chained = false;  // its chain value follows from its predecessor's
};

// An entry whose row states are lost: with it gone, an older row could come back to life.
struct BrokenEntry {
  std::uint64_t number = 0;
  TenantId tenant;
  bool chained = false;  // it only cannot be opened, as after its tenant's keys were destroyed
};

// The audit trail: sealed rows in a hash chain whose head the token signs. Each row goes into the
// same transaction as the change that it tells of. On the shard's thread only; between append() and
// settled() no other append may run (callers hold identity's gate).
//
//   chain(i) = SHA-256 over run(chain(i-1)) | number | ts | tenant | run(content_sealed)
class Trail {
 public:
  struct Parts {
    store::ContentStore& store;
    hsm::api::KeyService& keys;
    const base::Clock& clock;
  };
  explicit Trail(Parts parts) : store_(parts.store), keys_(parts.keys), clock_(parts.clock) {}

  // Where the chain stands, from the store's snapshot; `installation` is the provider's tenant,
  // under whose system author entries of no tenant are sealed.
  void load(std::uint64_t last_number, Bytes last_chain);
  void set_installation(TenantId provider) { installation_ = provider; }

  // The row to commit; the head moves only by settled(true).
  [[nodiscard]] Task<Result<store::AppendAudit>> append(Entry entry);
  void settled(const store::AppendAudit& row, bool stored);

  // At most 200, oldest first, opened and checked against the chain.
  [[nodiscard]] Task<Result<std::vector<ReadEntry>>> read(std::uint64_t after_number,
                                                          std::uint32_t limit);

  // Every row's state after the whole trail, oldest entry first; reads and opens all of it, at a
  // start. Entries that are not chained or cannot be opened raise an alarm and are passed over;
  // broken() names them.
  [[nodiscard]] Task<Result<std::vector<RowState>>> row_states();
  // What row_states() passed over and no operator has accepted since.
  [[nodiscard]] const std::vector<BrokenEntry>& broken() const { return broken_; }
  // The entry with which a start puts broken() on record once an operator has accepted them.
  [[nodiscard]] Entry acceptance() const;

  struct SignedHead {
    std::uint64_t number = 0;
    Bytes chain;
    Bytes signature;  // by the token's `audit` key
  };
  [[nodiscard]] Task<Result<SignedHead>> sign_head();
  [[nodiscard]] std::uint64_t last_number() const { return last_number_; }
  // The newest committed entry, as the token's anchor names it.
  [[nodiscard]] hsm::api::AuditAnchor head() const;

 private:
  store::ContentStore& store_;
  hsm::api::KeyService& keys_;
  const base::Clock& clock_;
  TenantId installation_;
  std::uint64_t last_number_ = 0;
  Bytes last_chain_;
  std::vector<BrokenEntry> broken_;
};

}  // namespace conclave::audit
