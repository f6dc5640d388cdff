#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/audit/trail.hpp"
#include "runtime/identity/directory.hpp"
#include "runtime/store/content_store.hpp"

namespace conclave::identity {

// Lets one coroutine at a time through, in the order of their calls: versions of rows cannot race.
// On the shard's thread only.
class Gate {
  struct State;

 public:
  // Held by the coroutine that is inside; it leaves when this is destroyed.
  class Pass {
   public:
    explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Pass(Pass&& other) noexcept = default;
    Pass& operator=(Pass&&) = delete;
    ~Pass();

   private:
    std::shared_ptr<State> state_;  // shared with the gate: a pass may outlive it at shutdown
  };

  // enter() answers kChangesBusy when `limit` others wait already.
  explicit Gate(std::size_t limit);
  [[nodiscard]] Task<Result<Pass>> enter();

 private:
  std::size_t limit_;
  std::shared_ptr<State> state_;
};

// Makes rows of power durable: MAC by keyd, then one transaction together with its audit entry,
// then (by the caller, in memory). The caller holds a Pass from before it read the rows that it
// changes until memory mirrors them.
class RowWriter {
 public:
  struct Parts {
    store::ContentStore& store;
    hsm::api::KeyService& keys;
    audit::Trail& audit;
  };
  explicit RowWriter(Parts parts) : store_(parts.store), keys_(parts.keys), audit_(parts.audit) {}

  [[nodiscard]] Task<Result<Gate::Pass>> enter() { return gate_.enter(); }

  // For good: the rows cannot be trusted, nothing is written any more and nobody signs in. Before
  // anything is served.
  void lock(Error why) { locked_ = std::move(why); }
  // Why nothing may be written. Any thread.
  [[nodiscard]] Result<void> usable() const {
    if (locked_) return std::unexpected(*locked_);
    return {};
  }

  // `rows` without MACs (they are added), then `more` (deletions and the like), then the entry.
  [[nodiscard]] Task<Result<void>> write(std::vector<store::Record> rows, store::Transaction more,
                                         audit::Entry entry);
  // Without an audit entry: last-active times.
  [[nodiscard]] Task<Result<void>> write_quietly(std::vector<store::Record> rows);

  // An entry without a change of rows (a backup was taken, an epoch turned). Enters the gate
  // itself.
  [[nodiscard]] Task<Result<void>> record(audit::Entry entry);

  // Seals a text under the author key of `user`; an empty text gives an empty SealedText.
  [[nodiscard]] Task<Result<SealedText>> seal(TenantId tenant, UserId user, std::string table,
                                              std::string row_id, std::string column,
                                              std::uint64_t version, std::string text);

 private:
  [[nodiscard]] Task<Result<void>> add_macs(std::vector<store::Record>* rows);

  store::ContentStore& store_;
  hsm::api::KeyService& keys_;
  std::optional<Error> locked_;
  audit::Trail& audit_;
  Gate gate_{256};
};

}  // namespace conclave::identity
