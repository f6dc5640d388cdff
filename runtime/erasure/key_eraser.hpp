#pragma once

#include <cstdint>
#include <map>
#include <tuple>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/store/content_store.hpp"

namespace conclave::erasure {

// Has keyd destroy the keys that the store names as doomed. On the shard's thread.
class KeyEraser {
 public:
  struct Parts {
    store::ContentStore& store;
    hsm::api::KeyService& keys;
    const base::Clock& clock;
    observe::Metrics& metrics;
  };
  explicit KeyEraser(Parts parts);

  // Takes up what a run before has left; nothing is tried yet.
  void start(const store::Snapshot& snapshot);

  // For the transaction that deletes the room or the author.
  [[nodiscard]] store::DoomedKeyRow room(TenantId tenant, RoomId room) const;
  [[nodiscard]] store::DoomedKeyRow author(TenantId tenant, UserId author) const;

  // After that transaction: tries once. What fails is logged and waits for retry().
  [[nodiscard]] Task<void> erase(store::DoomedKeyRow row);
  // Tries everything that waits; ends at the first key that keyd does not confirm.
  [[nodiscard]] Task<void> retry();

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  using Key = std::tuple<TenantId, store::DoomedKind, std::uint64_t>;
  [[nodiscard]] Task<bool> try_one(store::DoomedKeyRow row);
  void note_waiting();

  Parts parts_;
  std::map<Key, store::DoomedKeyRow> waiting_;
  observe::Gauge waiting_gauge_;
};

}  // namespace conclave::erasure
