#include "runtime/sync/ledger.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "runtime/base/assert.hpp"

namespace conclave::sync {

struct Ledger::State {
  std::unordered_map<TenantId, std::uint64_t> visible;
  std::size_t waiting = 0;
  bool gone = false;
};

std::uint64_t Ledger::Positions::next(TenantId tenant) {
  const std::uint64_t pos = ++ledger_.assigned_[tenant];
  taken_[tenant] = pos;
  return pos;
}

Ledger::Ledger(store::ContentStore& store, boost::asio::any_io_executor executor)
    : store_(store), executor_(std::move(executor)), state_(std::make_shared<State>()) {}

Ledger::~Ledger() {
  state_->gone = true;
}

void Ledger::start(const store::Snapshot& snapshot) {
  CONCLAVE_ASSERT(state_->waiting == 0);
  epoch_ = snapshot.epoch;
  for (const auto& [tenant, pos] : snapshot.last_pos) {
    assigned_[tenant] = pos;
    state_->visible[tenant] = pos;
  }
}

void Ledger::commit(Build build, Applied applied) {
  Positions positions(*this);
  store::Transaction transaction = build(positions);
  ++state_->waiting;
  store_.commit(std::move(transaction),
                [state = state_, executor = executor_, taken = std::move(positions.taken_),
                 applied = std::move(applied)](Result<void> result) mutable {
                  boost::asio::post(executor, [state = std::move(state), taken = std::move(taken),
                                               applied = std::move(applied),
                                               result = std::move(result)]() mutable {
                    --state->waiting;
                    if (state->gone) return;
                    if (result) {
                      for (const auto& [tenant, pos] : taken) {
                        std::uint64_t& visible = state->visible[tenant];
                        visible = std::max(visible, pos);
                      }
                    }
                    applied(std::move(result));
                  });
                });
}

std::uint64_t Ledger::visible(TenantId tenant) const {
  const auto found = state_->visible.find(tenant);
  return found == state_->visible.end() ? 0 : found->second;
}

std::size_t Ledger::waiting() const {
  return state_->waiting;
}

}  // namespace conclave::sync
