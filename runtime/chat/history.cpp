#include <algorithm>

#include "runtime/chat/core.hpp"
#include "runtime/chat/errors.hpp"
#include "runtime/chat/folding.hpp"

// Reads of the log.
namespace conclave::chat {
namespace {

constexpr std::uint64_t kScanLimit = 500;  // seqs that one page looks through

bool is_for_people(EntryKind kind) {
  return kind == EntryKind::message || kind == EntryKind::membership || kind == EntryKind::profile;
}

// A page in the making: entries in the direction of reading.
struct Scan {
  std::vector<OpenedEntry> entries;
  std::size_t bytes = 0;
  std::uint64_t first_seq = 0;  // looked through
  std::uint64_t last_seq = 0;
};

// True when the page is full.
bool take(Scan& scan, OpenedEntry entry, bool all_kinds, std::size_t limit, const Limits& limits) {
  const std::uint64_t seq = entry.entry.seq;
  if (all_kinds || is_for_people(entry.entry.kind)) {
    const std::size_t size = entry.entry.body.size() + 64;
    if (!scan.entries.empty() && scan.bytes + size > limits.page_bytes) return true;
    scan.bytes += size;
    scan.entries.push_back(std::move(entry));
  }
  if (scan.first_seq == 0) scan.first_seq = scan.last_seq = seq;
  scan.first_seq = std::min(scan.first_seq, seq);
  scan.last_seq = std::max(scan.last_seq, seq);
  return scan.entries.size() == limit;
}

}  // namespace

Task<Result<HistoryPage>> Messages::history(identity::Actor actor, HistoryQuery query) {
  const auto room = core_.joined_room(actor, query.room);
  if (!room) co_return std::unexpected(room.error());
  const Limits& limits = core_.parts.limits;
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, limits.page_entries);
  const std::uint64_t head = (*room)->head_seq;
  const bool forward = query.after.has_value();
  // Next to read: `next` upwards, or `next` downwards.
  std::uint64_t next = query.after.value_or(0) + 1;
  if (!forward)
    next = query.before ? std::min(std::max<std::uint64_t>(*query.before, 1) - 1, head) : head;
  Scan scan;
  bool full = false;
  std::uint64_t looked = 0;
  while (!full && looked < kScanLimit && next >= 1 && next <= head) {
    const std::uint64_t step = std::min<std::uint64_t>(std::max<std::size_t>(limit, 16), 200);
    const std::uint64_t first = forward ? next : (next > step ? next - step + 1 : 1);
    const std::uint64_t last = forward ? std::min(head, next + step - 1) : next;
    auto part = co_await core_.reader.range(*room, first, last);
    if (!part) co_return std::unexpected(part.error());
    if (!forward) std::ranges::reverse(*part);
    for (OpenedEntry& each : *part) {
      if (full = take(scan, std::move(each), query.all_kinds, limit, limits); full) break;
    }
    looked += last - first + 1;
    next = forward ? last + 1 : first - 1;
  }
  if (!forward) std::ranges::reverse(scan.entries);
  HistoryPage page;
  page.head_seq = head;
  page.first_seq = scan.first_seq;
  page.last_seq = scan.last_seq;
  page.more = scan.first_seq != 0 && (forward ? scan.last_seq < head : scan.first_seq > 1);
  auto folded =
      co_await fold(core_.parts.store, core_.reader, *room, actor.user, std::move(scan.entries));
  if (!folded) co_return std::unexpected(folded.error());
  page.entries = std::move(*folded);
  co_return page;
}

Task<Result<FoldedEntry>> Messages::get(identity::Actor actor, RoomId room_id, std::uint64_t seq) {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) co_return std::unexpected(room.error());
  if (seq == 0 || seq > (*room)->head_seq) co_return fail(kMessageNotFound);
  auto read = co_await core_.reader.range(*room, seq, seq);
  if (!read) co_return std::unexpected(read.error());
  auto folded = co_await fold(core_.parts.store, core_.reader, *room, actor.user, std::move(*read));
  if (!folded) co_return std::unexpected(folded.error());
  if (folded->empty()) co_return fail(kMessageNotFound);
  co_return std::move(folded->front());
}

Task<Result<std::uint64_t>> Messages::at(identity::Actor actor, RoomId room_id,
                                         std::int64_t ts_ms) {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) co_return std::unexpected(room.error());
  const auto seq = co_await async::await_callback<std::optional<std::uint64_t>>([&](auto done) {
    core_.parts.store.find_seq(actor.tenant, room_id, ts_ms, std::move(done));
  });
  if (!seq) co_return std::unexpected(seq.error());
  co_return seq->value_or(0);
}

Task<Result<ThreadPage>> Messages::thread(identity::Actor actor, RoomId room_id, std::uint64_t root,
                                          std::uint64_t after, std::size_t limit) {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) co_return std::unexpected(room.error());
  const auto facts = co_await core_.reader.facts(*room, root);
  if (!facts) co_return std::unexpected(facts.error());
  if (!facts->has_value() || (*facts)->kind != EntryKind::message) {
    co_return fail(kMessageNotFound);
  }
  const auto wanted = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(limit, 1, core_.parts.limits.page_entries));
  auto rows = co_await async::await_callback<std::vector<store::AnnotationRow>>([&](auto done) {
    core_.parts.store.read_annotated(actor.tenant, room_id, root,
                                     static_cast<std::uint8_t>(EntryKind::thread), after, wanted,
                                     std::move(done));
  });
  if (!rows) co_return std::unexpected(rows.error());
  ThreadPage page;
  if (rows->size() == wanted) page.next = rows->back().seq;
  std::vector<std::uint64_t> seqs;
  for (const auto& row : *rows) seqs.push_back(row.seq);
  auto read = co_await core_.reader.at(*room, std::move(seqs));
  if (!read) co_return std::unexpected(read.error());
  auto folded = co_await fold(core_.parts.store, core_.reader, *room, actor.user, std::move(*read));
  if (!folded) co_return std::unexpected(folded.error());
  page.entries = std::move(*folded);
  co_return page;
}

Task<Result<std::vector<FoldedEntry>>> Messages::pins(identity::Actor actor, RoomId room_id) {
  const auto room = core_.joined_room(actor, room_id);
  if (!room) co_return std::unexpected(room.error());
  std::vector<std::uint64_t> seqs = (*room)->profile.pins;
  std::ranges::sort(seqs);
  auto read = co_await core_.reader.at(*room, std::move(seqs));
  if (!read) co_return std::unexpected(read.error());
  co_return co_await fold(core_.parts.store, core_.reader, *room, actor.user, std::move(*read));
}

Task<Result<MentionPage>> Messages::mentions(identity::Actor actor, std::uint64_t after_pos,
                                             std::size_t limit) {
  const auto wanted = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(limit, 1, core_.parts.limits.page_entries));
  auto rows = co_await async::await_callback<std::vector<store::MentionRow>>([&](auto done) {
    core_.parts.store.read_mentions(actor.tenant, actor.user, after_pos, wanted, std::move(done));
  });
  if (!rows) co_return std::unexpected(rows.error());
  MentionPage page;
  if (rows->size() == wanted) page.next = rows->back().pos;
  std::map<RoomId, std::vector<std::uint64_t>> by_room;
  for (const auto& row : *rows) {
    page.mentions.push_back({row.room, row.seq, row.pos, std::nullopt});
    by_room[row.room].push_back(row.seq);
  }
  std::size_t bytes = 0;
  for (auto& [room_id, seqs] : by_room) {
    const auto room = core_.joined_room(actor, room_id);
    if (!room) continue;
    std::ranges::sort(seqs);
    auto read = co_await core_.reader.at(*room, std::move(seqs));
    if (!read) co_return std::unexpected(read.error());
    auto folded =
        co_await fold(core_.parts.store, core_.reader, *room, actor.user, std::move(*read));
    if (!folded) co_return std::unexpected(folded.error());
    for (FoldedEntry& entry : *folded) {
      bytes += entry.entry.body.size();
      if (bytes > core_.parts.limits.page_bytes) break;  // the rest goes without its text
      for (Mention& mention : page.mentions) {
        if (mention.room == room_id && mention.seq == entry.entry.seq) mention.entry = entry;
      }
    }
  }
  co_return page;
}

}  // namespace conclave::chat
