#include "runtime/chat/log_reader.hpp"

#include <algorithm>

#include "hsm/api/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::chat {

using hsm::api::parse_segment;
using store::LogSlice;

const LogEntry* LogReader::cached(const Room& room, std::uint64_t seq) {
  const auto& entries = room.tail.entries;
  if (entries.empty() || seq < entries.front().seq || seq > entries.back().seq) return nullptr;
  return &entries[seq - entries.front().seq];
}

std::optional<EntryFacts> LogReader::cached_facts(const Room& room, std::uint64_t seq) {
  const LogEntry* const entry = cached(room, seq);
  if (entry == nullptr) return std::nullopt;
  return EntryFacts{entry->kind, entry->author, entry->n, entry->ts_ms, entry->body.empty()};
}

Task<Result<std::vector<OpenedEntry>>> LogReader::stored(RoomPtr room, std::uint64_t first,
                                                         std::uint64_t last) {
  auto slice = co_await async::await_callback<LogSlice>(
      [&](auto done) { store_.read_log(room->tenant, room->id, first, last, std::move(done)); });
  if (!slice) co_return std::unexpected(slice.error());
  std::vector<OpenedEntry> out;
  std::vector<Bytes> sealed;
  struct Place {
    std::size_t entry, segment, offset, length;
  };
  std::vector<Place> places;
  for (Bytes& segment : slice->segments) {
    const auto view = parse_segment(segment);
    if (!view) {
      observe::error("log.segment_damaged", {{"room", room->id}, {"error", view.error()}});
      continue;
    }
    std::size_t offset = 0;
    bool wanted = false;
    for (const auto& header : view->header.entries) {
      if (header.seq >= first && header.seq <= last) {
        if (header.length > 0) {
          places.push_back({out.size(), sealed.size(), offset, header.length});
          wanted = true;
        }
        LogEntry entry{
            header.seq,    header.n, header.ts_ms, EntryKind{header.kind}, view->header.author,
            header.target, {}};
        out.push_back({std::move(entry), false});
      }
      offset += header.length;
    }
    if (wanted) sealed.push_back(std::move(segment));
  }
  auto opened = co_await keys_.open(std::move(sealed));
  if (!opened) co_return std::unexpected(opened.error());
  for (const Place& place : places) {
    OpenedEntry& entry = out[place.entry];
    const auto& plain = (*opened)[place.segment];
    if (!plain || place.offset + place.length > plain->size()) {
      entry.unreadable = true;
    } else {
      entry.entry.body = base::as_text(ByteView(*plain).subspan(place.offset, place.length));
    }
  }
  std::ranges::sort(out, {}, [](const OpenedEntry& each) { return each.entry.seq; });
  co_return out;
}

void LogReader::hide_erased(const Room& room, std::vector<OpenedEntry>& entries) const {
  for (OpenedEntry& each : entries) {
    if (each.entry.body.empty() || !users_.erased(room.tenant, each.entry.author)) continue;
    each.entry.body.clear();
    each.unreadable = true;
  }
}

Task<Result<std::vector<OpenedEntry>>> LogReader::range(RoomPtr room, std::uint64_t first,
                                                        std::uint64_t last) {
  const std::uint64_t redactions = room->redactions;
  std::vector<OpenedEntry> tail;
  for (std::uint64_t seq = last; seq >= first; --seq) {
    const LogEntry* const entry = cached(*room, seq);
    if (entry == nullptr) break;
    tail.push_back({*entry, false});
  }
  std::ranges::reverse(tail);
  if (!tail.empty()) rooms_.touch_tail(*room);
  const std::uint64_t rest = last - tail.size();
  if (rest < first) {
    hide_erased(*room, tail);
    co_return tail;
  }
  auto out = co_await stored(room, first, rest);
  if (!out) co_return out;
  const bool whole = std::ranges::none_of(*out, &OpenedEntry::unreadable);
  if (whole && room->redactions == redactions && out->size() == rest - first + 1) {
    std::vector<LogEntry> entries;
    for (const OpenedEntry& each : *out) entries.push_back(each.entry);
    rooms_.prepend_tail(*room, entries);
  }
  out->insert(out->end(), std::make_move_iterator(tail.begin()),
              std::make_move_iterator(tail.end()));
  hide_erased(*room, *out);
  co_return out;
}

Task<Result<std::vector<OpenedEntry>>> LogReader::at(RoomPtr room,
                                                     std::vector<std::uint64_t> seqs) {
  constexpr std::uint64_t kNear =
      32;  // reading a few entries too many is cheaper than one more read
  std::vector<OpenedEntry> out;
  std::size_t next = 0;
  while (next < seqs.size()) {
    std::size_t end = next + 1;
    while (end < seqs.size() && seqs[end] - seqs[end - 1] <= kNear &&
           seqs[end] - seqs[next] < kRangeLimit) {
      ++end;
    }
    if (seqs[next] == 0 || seqs[end - 1] > room->head_seq) {
      next = end;
      continue;
    }
    auto part = co_await range(room, seqs[next], seqs[end - 1]);
    if (!part) co_return part;
    for (OpenedEntry& each : *part) {
      if (std::binary_search(seqs.begin(), seqs.end(), each.entry.seq)) {
        out.push_back(std::move(each));
      }
    }
    next = end;
  }
  co_return out;
}

Task<Result<std::optional<EntryFacts>>> LogReader::facts(RoomPtr room, std::uint64_t seq) {
  if (seq == 0 || seq > room->head_seq) co_return std::optional<EntryFacts>{};
  if (auto known = cached_facts(*room, seq)) co_return known;
  auto slice = co_await async::await_callback<LogSlice>(
      [&](auto done) { store_.read_log(room->tenant, room->id, seq, seq, std::move(done)); });
  if (!slice) co_return std::unexpected(slice.error());
  for (const Bytes& segment : slice->segments) {
    const auto view = parse_segment(segment);
    if (!view) continue;
    for (const auto& header : view->header.entries) {
      if (header.seq != seq) continue;
      co_return EntryFacts{EntryKind{header.kind}, view->header.author, header.n, header.ts_ms,
                           header.length == 0};
    }
  }
  co_return std::optional<EntryFacts>{};
}

}  // namespace conclave::chat
