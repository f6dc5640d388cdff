#include "runtime/erasure/key_eraser.hpp"

#include <utility>
#include <vector>

#include "runtime/observe/log.hpp"

namespace conclave::erasure {

using store::DoomedKeyRow;
using store::DoomedKind;

KeyEraser::KeyEraser(Parts parts)
    : parts_(parts),
      waiting_gauge_(parts.metrics.gauge("conclave_doomed_keys",
                                         "Keys of deleted rooms and authors that keyd has not "
                                         "confirmed to be destroyed.")) {}

void KeyEraser::start(const store::Snapshot& snapshot) {
  for (const DoomedKeyRow& row : snapshot.doomed_keys) {
    waiting_.insert_or_assign({row.tenant, row.kind, row.id}, row);
  }
  note_waiting();
}

DoomedKeyRow KeyEraser::room(TenantId tenant, RoomId room) const {
  return {tenant, DoomedKind::room, room.value, parts_.clock.utc_ms()};
}

DoomedKeyRow KeyEraser::author(TenantId tenant, UserId author) const {
  return {tenant, DoomedKind::author, author.value, parts_.clock.utc_ms()};
}

Task<void> KeyEraser::erase(DoomedKeyRow row) {
  waiting_.try_emplace({row.tenant, row.kind, row.id}, row);
  note_waiting();
  (void)co_await try_one(row);
}

Task<void> KeyEraser::retry() {
  std::vector<DoomedKeyRow> rows;
  for (const auto& [key, row] : waiting_) rows.push_back(row);
  for (const DoomedKeyRow& row : rows) {
    if (!co_await try_one(row)) co_return;
  }
}

Task<bool> KeyEraser::try_one(DoomedKeyRow row) {
  // Destroying twice is no harm: keyd remembers what it has destroyed.
  auto outcome = co_await async::await_callback<void>([this, row](Callback<void> done) {
    if (row.kind == DoomedKind::room) {
      parts_.keys.delete_room_key(row.tenant, RoomId{row.id}, std::move(done));
    } else {
      parts_.keys.delete_author_key(row.tenant, UserId{row.id}, std::move(done));
    }
  });
  if (outcome) {
    outcome = co_await async::await_callback<void>([this, row](Callback<void> done) {
      store::Transaction transaction;
      transaction.emplace_back(store::DeleteDoomedKey{row.tenant, row.kind, row.id});
      parts_.store.commit(std::move(transaction), std::move(done));
    });
  }
  if (!outcome) {
    observe::warn("key.not_destroyed_yet",
                  {{"tenant", row.tenant},
                   {"kind", row.kind == DoomedKind::room ? "room" : "author"},
                   {"id", row.id},
                   {"since_ms", row.since_ms},
                   {"error", outcome.error()}});
    co_return false;
  }
  waiting_.erase({row.tenant, row.kind, row.id});
  note_waiting();
  co_return true;
}

void KeyEraser::note_waiting() {
  waiting_gauge_.set(static_cast<double>(waiting_.size()));
}

}  // namespace conclave::erasure
