#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "runtime/base/ids.hpp"
#include "runtime/store/content_store.hpp"

namespace conclave::sync {

// The tenant-wide positions. Everything that devices sync by is committed through here, so that
// positions become visible in their order: when `visible()` says P, all that was stored with a
// position up to P has been applied to memory and published. A position whose commit failed is
// never used again. On the shard's thread.
class Ledger {
 public:
  Ledger(store::ContentStore& store, boost::asio::any_io_executor executor);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // From the snapshot, before any commit; again when a start is tried again.
  void start(const store::Snapshot& snapshot);

  // Hands out positions inside `build` only.
  class Positions {
   public:
    [[nodiscard]] std::uint64_t next(TenantId tenant);

   private:
    friend class Ledger;
    Positions(Ledger& ledger) : ledger_(ledger) {}
    Ledger& ledger_;
    std::unordered_map<TenantId, std::uint64_t> taken_;
  };
  using Build = std::move_only_function<store::Transaction(Positions&)>;
  using Applied = std::move_only_function<void(Result<void>)>;

  // `build` runs at once; the transaction goes to the store in the order of the calls. `applied`
  // runs on the shard's thread, in the same order, after the positions became visible or the commit
  // failed.
  void commit(Build build, Applied applied);

  [[nodiscard]] std::uint64_t visible(TenantId tenant) const;
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  [[nodiscard]] std::size_t waiting() const;  // commits without an answer

 private:
  struct State;
  store::ContentStore& store_;
  boost::asio::any_io_executor executor_;
  std::uint32_t epoch_ = 0;
  std::unordered_map<TenantId, std::uint64_t> assigned_;
  std::shared_ptr<State> state_;  // shared with answers on their way from the store's thread
};

}  // namespace conclave::sync
