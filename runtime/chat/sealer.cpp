#include "runtime/chat/sealer.hpp"

#include <algorithm>

#include "hsm/api/errors.hpp"
#include "runtime/chat/power_rows.hpp"

namespace conclave::chat {

using hsm::api::SealItem;
using hsm::api::SegmentHeader;

Task<Result<void>> Sealer::seal(Batch& batch) {
  CONCLAVE_CO_TRY(co_await set_times(batch));
  std::vector<Segment> segments;
  if (batch.alone) CONCLAVE_CO_TRY(co_await erase_bodies(batch, segments));
  CONCLAVE_CO_TRY(co_await add_segments(batch, segments));
  CONCLAVE_CO_TRY(co_await seal_segments(batch, std::move(segments)));
  CONCLAVE_CO_TRY(co_await mac_power(batch));
  co_return co_await seal_profiles(batch);
}

Task<Result<void>> Sealer::set_times(Batch& batch) {
  const std::int64_t now_ms = parts_.clock.utc_ms();
  for (RoomWork& work : batch.rooms) {
    Room& room = *work.room;
    if (!room.last_ts_ms && room.head_seq > 0) {
      // The first write since the start: times of a room never go back, whatever the clock does.
      const auto facts = co_await parts_.reader.facts(work.room, room.head_seq);
      if (!facts) co_return std::unexpected(facts.error());
      room.last_ts_ms = facts->has_value() ? (*facts)->ts_ms : 0;
    }
    const std::int64_t ts_ms = std::max(room.last_ts_ms.value_or(0), now_ms);
    room.last_ts_ms = ts_ms;
    for (LogEntry& entry : work.entries) entry.ts_ms = ts_ms;
  }
  co_return Result<void>{};
}

Task<Result<std::vector<std::uint64_t>>> Sealer::seqs_to_erase(RoomPtr room,
                                                               std::vector<std::uint64_t> targets) {
  std::vector<std::uint64_t> out;
  for (const std::uint64_t target : targets) {
    out.push_back(target);
    std::uint64_t after = 0;
    while (true) {
      constexpr std::uint32_t kPage = 500;
      auto edits =
          co_await async::await_callback<std::vector<store::AnnotationRow>>([&](auto done) {
            parts_.store.read_annotated(room->tenant, room->id, target,
                                        static_cast<std::uint8_t>(EntryKind::edit), after, kPage,
                                        std::move(done));
          });
      if (!edits) co_return std::unexpected(edits.error());
      for (const auto& edit : *edits) out.push_back(after = edit.seq);
      if (edits->size() < kPage) break;
    }
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  co_return out;
}

Task<Result<void>> Sealer::erase_bodies(Batch& batch, std::vector<Segment>& segments) {
  for (std::size_t i = 0; i < batch.rooms.size(); ++i) {
    if (batch.rooms[i].redacted.empty()) continue;
    auto seqs = co_await seqs_to_erase(batch.rooms[i].room, batch.rooms[i].redacted);
    if (!seqs) co_return std::unexpected(seqs.error());
    CONCLAVE_CO_TRY(co_await erase_one(batch, batch.rooms[i].room, std::move(*seqs), segments));
  }
  co_return Result<void>{};
}

Task<Result<void>> Sealer::erase_one(Batch& batch, RoomPtr room, std::vector<std::uint64_t> seqs,
                                     std::vector<Segment>& segments) {
  std::vector<Bytes> stored;
  std::vector<hsm::api::SegmentId> seen;
  for (const std::uint64_t seq : seqs) {
    auto slice = co_await async::await_callback<store::LogSlice>([&](auto done) {
      parts_.store.read_log(room->tenant, room->id, seq, seq, std::move(done));
    });
    if (!slice) co_return std::unexpected(slice.error());
    for (Bytes& segment : slice->segments) {
      const auto view = hsm::api::parse_segment(segment);
      if (!view) co_return std::unexpected(view.error());
      const auto& entries = view->header.entries;
      if (std::ranges::find(entries, seq, &hsm::api::EntryHeader::seq) == entries.end()) continue;
      if (std::ranges::find(seen, view->header.segment) != seen.end()) continue;
      seen.push_back(view->header.segment);
      stored.push_back(std::move(segment));
    }
  }
  auto opened = co_await parts_.content_keys.open(stored);
  if (!opened) co_return std::unexpected(opened.error());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const auto& plain = (*opened)[i];
    if (!plain) continue;  // unreadable already
    Segment segment;
    segment.header = hsm::api::parse_segment(stored[i])->header;
    segment.key = parts_.content_keys.find(segment.header.content_key);
    std::size_t offset = 0;
    std::uint64_t covered = 0;
    for (auto& entry : segment.header.entries) {
      if (std::ranges::binary_search(seqs, entry.seq)) {
        covered = entry.seq;
        offset += entry.length;
        entry.length = 0;
        continue;
      }
      const auto body = ByteView(*plain).subspan(offset, entry.length);
      segment.plaintext.insert(segment.plaintext.end(), body.begin(), body.end());
      offset += entry.length;
    }
    parts_.random.fill(segment.header.segment);
    segment.rewrite = batch.rewrites.size();
    batch.rewrites.push_back({room, covered, {}});
    segments.push_back(std::move(segment));
  }
  co_return Result<void>{};
}

Task<Result<void>> Sealer::add_segments(Batch& batch, std::vector<Segment>& segments) {
  const std::size_t first = segments.size();
  std::vector<hsm::api::ContentKeyName> names;
  for (const RoomWork& work : batch.rooms) {
    const std::size_t of_room = segments.size();
    for (const LogEntry& entry : work.entries) {
      auto segment =
          std::find_if(segments.begin() + static_cast<std::ptrdiff_t>(of_room), segments.end(),
                       [&](const Segment& each) { return each.header.author == entry.author; });
      if (segment == segments.end()) {
        names.push_back({work.room->tenant, work.room->id, entry.author,
                         static_cast<std::uint32_t>(entry.ts_ms / parts_.limits.retention_ms)});
        segments.emplace_back();
        segment = std::prev(segments.end());
        segment->header.tenant = work.room->tenant;
        segment->header.room = work.room->id;
        segment->header.author = entry.author;
        parts_.random.fill(segment->header.segment);
      }
      segment->header.entries.push_back({entry.seq, entry.n, entry.ts_ms,
                                         static_cast<std::uint8_t>(entry.kind), entry.target,
                                         static_cast<std::uint32_t>(entry.body.size())});
      const auto body = base::as_bytes(entry.body);
      segment->plaintext.insert(segment->plaintext.end(), body.begin(), body.end());
    }
  }
  auto keys = co_await parts_.content_keys.ensure(std::move(names));
  if (!keys) co_return std::unexpected(keys.error());
  for (std::size_t i = 0; i < keys->size(); ++i) {
    segments[first + i].key = (*keys)[i];
    segments[first + i].header.content_key = (*keys)[i]->id;
  }
  batch.keys = std::move(*keys);
  co_return Result<void>{};
}

Task<Result<void>> Sealer::seal_segments(Batch& batch, std::vector<Segment> segments) {
  if (segments.empty()) co_return Result<void>{};
  std::vector<Bytes> headers;
  for (const Segment& segment : segments) headers.push_back(encode_header(segment.header));
  // Twice: keyd may have forgotten keys that we believe to be loaded.
  for (int attempt = 0;; ++attempt) {
    std::vector<SealItem> items;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      items.push_back({segments[i].key->ref, headers[i], segments[i].plaintext});
    }
    auto sealed = co_await async::await_callback<std::vector<Bytes>>(
        [&](auto done) { parts_.keys.seal(std::move(items), std::move(done)); });
    if (sealed) {
      for (std::size_t i = 0; i < segments.size(); ++i) {
        Bytes whole = std::move(headers[i]);
        whole.insert(whole.end(), (*sealed)[i].begin(), (*sealed)[i].end());
        if (segments[i].rewrite) {
          batch.rewrites[*segments[i].rewrite].segment = std::move(whole);
        } else {
          batch.segments.push_back(std::move(whole));
        }
      }
      co_return Result<void>{};
    }
    if (attempt > 0 || !sealed.error().is(hsm::api::kKeyRefStale)) {
      co_return std::unexpected(sealed.error());
    }
    std::vector<ContentKey*> keys;
    std::vector<hsm::api::ContentKeyName> names;
    for (const Segment& segment : segments) {
      keys.push_back(segment.key);
      names.push_back(segment.key->name);
    }
    parts_.content_keys.forget(keys);
    auto loaded = co_await parts_.content_keys.ensure(std::move(names));
    if (!loaded) co_return std::unexpected(loaded.error());
  }
}

Task<Result<void>> Sealer::mac_power(Batch& batch) {
  std::vector<Bytes> contents;
  std::vector<Mac*> macs;
  for (RoomWork& work : batch.rooms) {
    const RoomKey key = work.room->key();
    if (work.power) {
      contents.push_back(room_mac_content(key, work.power->version, encode_power(*work.power)));
      macs.push_back(&work.power_mac);
    }
    for (MemberChange& change : work.members) {
      contents.push_back(member_mac_content(key, change.user, change.next));
      macs.push_back(&change.mac);
    }
  }
  if (contents.empty()) co_return Result<void>{};
  auto answer = co_await async::await_callback<std::vector<Bytes>>(
      [&](auto done) { parts_.keys.mac_rows(std::move(contents), std::move(done)); });
  if (!answer) co_return std::unexpected(answer.error());
  for (std::size_t i = 0; i < macs.size(); ++i) {
    if ((*answer)[i].size() != macs[i]->size()) co_return fail(base::kInternal, "MAC size");
    std::ranges::copy((*answer)[i], macs[i]->begin());
  }
  co_return Result<void>{};
}

Task<Result<void>> Sealer::seal_profiles(Batch& batch) {
  std::vector<hsm::api::RowItem> items;
  std::vector<RoomWork*> works;
  for (RoomWork& work : batch.rooms) {
    if (!work.profile) continue;
    items.push_back(
        profile_item(work.room->key(), work.profile->version, encode_profile(*work.profile)));
    works.push_back(&work);
  }
  if (items.empty()) co_return Result<void>{};
  auto answer = co_await async::await_callback<std::vector<Bytes>>(
      [&](auto done) { parts_.keys.seal_rows(std::move(items), std::move(done)); });
  if (!answer) co_return std::unexpected(answer.error());
  for (std::size_t i = 0; i < works.size(); ++i) {
    works[i]->profile_sealed = join_profile(works[i]->profile->version, (*answer)[i]);
  }
  co_return Result<void>{};
}

}  // namespace conclave::chat
