#include "runtime/chat/feed.hpp"

#include <algorithm>

#include "runtime/chat/core.hpp"
#include "runtime/chat/folding.hpp"
#include "runtime/sync/cursor.hpp"

namespace conclave::chat {
namespace {

constexpr std::size_t kPageItems = 200;
constexpr std::size_t kTailEntries = 50;
// Cold rooms wait for the disk and keyd; more at once would only make others wait.
constexpr std::size_t kReadsAtOnce = 8;

// A room that the reader has news of, and the position of the newest.
struct Candidate {
  RoomPtr room;
  std::uint64_t pos = 0;
};

std::vector<Candidate> changed_rooms(const Core& core, const identity::Actor& actor,
                                     std::uint64_t after, std::uint64_t through) {
  std::vector<Candidate> out;
  for (const RoomPtr& room : core.rooms.of_user({actor.tenant, actor.user})) {
    const Member* const member = room->member(actor.user);
    const MemberState state = member->standing.state;
    // From the beginning, what has ended is not news.
    if (!is_in(state) && after == 0) continue;
    std::uint64_t pos = member->pos;
    if (state == MemberState::joined) pos = std::max(pos, room->head_pos);
    // Marks that are not on disk have no position yet.
    if (pos > after || member->read_dirty) out.push_back({room, std::min(pos, through)});
  }
  std::ranges::sort(out, [](const Candidate& left, const Candidate& right) {
    return std::pair(left.pos, left.room->id) < std::pair(right.pos, right.room->id);
  });
  return out;
}

// Cuts rooms and states, both by position, to `limit` items; returns how far the page reaches.
std::uint64_t cut(std::vector<Candidate>& rooms, sync::UserStateChanges& states,
                  std::uint64_t through, std::size_t limit) {
  std::uint64_t reach = std::min(states.complete_through, through);
  std::vector<std::uint64_t> positions;
  for (const auto& room : rooms) positions.push_back(room.pos);
  for (const auto& state : states.states) positions.push_back(state.pos);
  std::ranges::sort(positions);
  if (positions.size() > limit) reach = std::min(reach, positions[limit - 1]);
  std::erase_if(rooms, [&](const Candidate& each) { return each.pos > reach; });
  std::erase_if(states.states, [&](const auto& each) { return each.pos > reach; });
  // Only marks without a position of their own can be too many here; they come again with one.
  if (rooms.size() > limit) rooms.resize(limit);
  return reach;
}

Task<Result<RoomChange>> read_room(Core& core, identity::Actor actor, RoomPtr room,
                                   std::uint64_t tail) {
  RoomChange change{core.view(*room, actor.user), {}};
  const std::uint64_t head = change.room.head_seq;
  if (tail == 0 || head == 0) co_return change;
  const std::uint64_t first = head > tail ? head - tail + 1 : 1;
  auto read = co_await core.reader.range(room, first, head);
  if (!read) co_return std::unexpected(read.error());
  auto folded = co_await fold(core.parts.store, core.reader, room, actor.user, std::move(*read));
  if (!folded) co_return std::unexpected(folded.error());
  change.entries = std::move(*folded);
  co_return change;
}

// Reads of the rooms of one page, shared by the coroutines that take them one after the other.
struct Reading {
  Core& core;
  identity::Actor actor;
  std::vector<Candidate> rooms;
  std::uint64_t tail = 0;
  std::vector<RoomChange> changes = std::vector<RoomChange>(rooms.size());
  std::size_t next = 0;
  std::size_t running = 0;
  Result<void> outcome;
  Callback<void> done;

  void leave() {
    if (--running == 0) done(std::move(outcome));
  }
};

Task<void> read_next(std::shared_ptr<Reading> all) {
  while (all->outcome && all->next < all->rooms.size()) {
    const std::size_t mine = all->next++;
    auto change = co_await read_room(all->core, all->actor, all->rooms[mine].room, all->tail);
    if (!change) {
      all->outcome = std::unexpected(change.error());
      break;
    }
    all->changes[mine] = std::move(*change);
  }
  all->leave();
}

Task<Result<std::vector<RoomChange>>> read_rooms(Core& core, identity::Actor actor,
                                                 std::vector<Candidate> rooms, std::uint64_t tail) {
  if (rooms.empty()) co_return std::vector<RoomChange>{};
  auto all = std::make_shared<Reading>(core, actor, std::move(rooms), tail);
  const auto read = co_await async::await_callback<void>([&](Callback<void> done) {
    all->done = std::move(done);
    const std::size_t at_once = std::min(kReadsAtOnce, all->rooms.size());
    all->running = at_once;
    for (std::size_t i = 0; i < at_once; ++i) {
      if (core.tasks.spawn(read_next(all))) continue;
      all->outcome = fail(base::kShuttingDown);
      all->leave();
    }
  });
  if (!read) co_return std::unexpected(read.error());
  co_return std::move(all->changes);
}

}  // namespace

std::string Feed::cursor_at(std::uint64_t pos) const {
  return sync::encode_cursor({core_.parts.ledger.epoch(), pos});
}

std::string Feed::current_cursor(TenantId tenant) const {
  return cursor_at(core_.parts.ledger.visible(tenant));
}

Task<Result<SincePage>> Feed::since(identity::Actor actor, SinceQuery query) {
  SincePage page;
  std::uint64_t after = 0;
  if (!query.cursor.empty()) {
    const auto cursor = sync::decode_cursor(query.cursor);
    if (!cursor) co_return std::unexpected(cursor.error());
    const auto expired = core_.expired_pos.find(actor.tenant);
    const bool old = expired != core_.expired_pos.end() && cursor->pos < expired->second;
    page.reset = cursor->epoch != core_.parts.ledger.epoch() || (old && cursor->pos != 0) ||
                 cursor->pos > core_.parts.ledger.visible(actor.tenant);
    if (!page.reset) after = cursor->pos;
  }
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kPageItems);
  co_await core_.mentions.load({actor.tenant, actor.user});
  const std::uint64_t through = core_.parts.ledger.visible(actor.tenant);
  auto states =
      co_await core_.parts.states.changed(actor.tenant, actor.user, after, through, limit + 1);
  if (!states) co_return std::unexpected(states.error());
  if (after == 0) std::erase_if(states->states, &sync::UserStateView::deleted);
  std::vector<Candidate> rooms = changed_rooms(core_, actor, after, through);
  const std::uint64_t reach = cut(rooms, *states, through, limit);
  page.more = reach < through;
  page.cursor = cursor_at(reach);
  page.states = std::move(states->states);

  auto changes =
      co_await read_rooms(core_, actor, std::move(rooms), std::min(query.tail, kTailEntries));
  if (!changes) co_return std::unexpected(changes.error());
  page.rooms = std::move(*changes);
  if (!page.more) {
    if (sync::Subscriber* subscriber = core_.parts.hub.find(actor.session)) {
      subscriber->through_pos = std::max(subscriber->through_pos, through);
    }
  }
  co_return page;
}

}  // namespace conclave::chat
