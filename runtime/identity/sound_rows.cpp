#include "runtime/identity/sound_rows.hpp"

#include <algorithm>
#include <set>

#include "hsm/api/protocol.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::identity {

namespace {

using store::Record;
using store::RecordKind;

constexpr std::size_t kCheckedAtOnce = 256;
constexpr std::size_t kBytesAtOnce = 1024 * 1024;  // well below one request to keyd

std::string_view kind_text(RecordKind kind) {
  switch (kind) {
    case RecordKind::tenant:
      return "tenant";
    case RecordKind::user:
      return "user";
    case RecordKind::credential:
      return "credential";
    case RecordKind::device:
      return "device";
    case RecordKind::group:
      return "group";
    case RecordKind::group_member:
      return "group_member";
    case RecordKind::policy:
      return "policy";
    case RecordKind::factor:
      return "factor";
    case RecordKind::ban:
      return "ban";
    case RecordKind::order:
      return "order";
    case RecordKind::approval:
      return "approval";
    case RecordKind::recovery:
      return "recovery";
    case RecordKind::consent:
      return "consent";
    case RecordKind::person:
      return "person";
    case RecordKind::habit:
      return "habit";
    case RecordKind::change:
      return "change";
    case RecordKind::authority:
      return "authority";
  }
  return "unknown";
}

RowPlace place_of(const Record& row) {
  return {row.kind, row.tenant, row.id, row.sub};
}

// What keyd would not even read, so that one such row cannot keep a server from starting.
bool oversize(const Record& row) {
  return row.content.size() > hsm::api::kMaxRowContent || row.mac.size() > hsm::api::kMaxSmallText;
}

// A MAC covers the row's place, which stands in front of every kind's content (records.hpp): a row
// that was copied elsewhere keeps its MAC and is found here.
bool at_its_place(const Record& row) {
  base::ByteWriter head(40);
  head.raw(std::string_view("CVR1")).u8(static_cast<std::uint8_t>(row.kind));
  head.u64(row.tenant.value).u64(row.id).u64(row.sub).u64(row.version);
  return row.content.size() >= head.size() &&
         std::ranges::equal(ByteView(row.content).first(head.size()), head.bytes());
}

// How many rows from `first` on go into one request.
std::size_t batch_at(const std::vector<Record>& records, std::size_t first) {
  std::size_t bytes = 0;
  std::size_t last = first;
  while (last < records.size() && last - first < kCheckedAtOnce && bytes < kBytesAtOnce) {
    if (!oversize(records[last])) bytes += records[last].content.size();
    ++last;
  }
  return last - first;
}

Task<Result<std::vector<bool>>> check_macs(hsm::api::KeyService& keys,
                                           const std::vector<Record>* records, std::size_t first,
                                           std::size_t count) {
  std::vector<hsm::api::PowerRow> rows;
  rows.reserve(count);
  for (std::size_t i = first; i < first + count; ++i) {
    const Record& row = (*records)[i];
    // Nothing has an empty MAC.
    rows.push_back(oversize(row) ? hsm::api::PowerRow{} : hsm::api::PowerRow{row.content, row.mac});
  }
  auto sound = co_await async::await_callback<std::vector<bool>>(
      [&keys, &rows](Callback<std::vector<bool>> done) {
        keys.check_rows(std::move(rows), std::move(done));
      });
  if (sound && sound->size() != count) co_return fail(base::kInternal, "checked rows");
  co_return sound;
}

using Newest = std::map<RowPlace, std::uint64_t>;  // version; 0: taken away

Task<Result<Newest>> newest_versions(audit::Trail* trail) {
  Newest out;
  if (trail == nullptr) co_return out;
  auto states = co_await trail->row_states();
  if (!states) co_return std::unexpected(states.error());
  for (const auto& row : *states) {
    out[{static_cast<RecordKind>(row.kind), row.tenant, row.id, row.sub}] = row.version;
  }
  co_return out;
}

// Rows may be newer than their last audit entry (activity is stored without one), never older.
bool came_back(const Newest& newest, const Record& row) {
  const auto found = newest.find(place_of(row));
  if (found == newest.end()) return false;
  return found->second == 0 || row.version < found->second;
}

// What the trail knows of and the store has lost. A deleted tenant took its rows along.
std::vector<RowPlace> missing_rows(const Newest& newest, const std::vector<Record>& records) {
  std::set<RowPlace> present;
  for (const auto& row : records) present.insert(place_of(row));
  std::vector<RowPlace> out;
  for (const auto& [place, version] : newest) {
    if (version == 0 || present.contains(place)) continue;
    const auto tenant = newest.find({RecordKind::tenant, place.tenant, place.tenant.value, 0});
    if (tenant != newest.end() && tenant->second == 0) continue;
    out.push_back(place);
  }
  return out;
}

}  // namespace

const std::vector<Record>& SoundRows::of(RecordKind kind) const {
  static const std::vector<Record> none;
  const auto found = sound_.find(kind);
  return found == sound_.end() ? none : found->second;
}

const std::vector<UnsoundRow>& SoundRows::unsound(RecordKind kind) const {
  static const std::vector<UnsoundRow> none;
  const auto found = unsound_.find(kind);
  return found == unsound_.end() ? none : found->second;
}

std::size_t SoundRows::unsound_count() const {
  std::size_t out = 0;
  for (const auto& [kind, rows] : unsound_) out += rows.size();
  return out;
}

void tell_row_refused(const Record& row, std::string_view why) {
  observe::error("alarm.row_refused", {{"kind", kind_text(row.kind)},
                                       {"tenant", row.tenant},
                                       {"id", row.id},
                                       {"sub", row.sub},
                                       {"version", row.version},
                                       {"why", why}});
}

Task<Result<SoundRows>> check_rows(std::vector<Record> records, hsm::api::KeyService& keys,
                                   audit::Trail* trail) {
  auto newest = co_await newest_versions(trail);
  if (!newest) co_return std::unexpected(newest.error());
  SoundRows out;
  out.was_empty_ = records.empty();
  std::ranges::sort(records, {}, place_of);
  std::vector<bool> sound;
  while (sound.size() < records.size()) {
    const std::size_t count = batch_at(records, sound.size());
    auto part = co_await check_macs(keys, &records, sound.size(), count);
    if (!part) co_return std::unexpected(part.error());
    sound.insert(sound.end(), part->begin(), part->end());
  }
  const auto refuse = [&out, &newest](Record row, std::string_view why) {
    tell_row_refused(row, why);
    const RecordKind kind = row.kind;
    const auto known = newest->find(place_of(row));
    const bool expected = known != newest->end() && known->second != 0;
    out.unsound_[kind].push_back({std::move(row), why, expected});
  };
  for (const RowPlace& place : missing_rows(*newest, records)) {
    refuse({place.kind, place.tenant, place.id, place.sub, 0, {}, {}}, "missing");
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!sound[i]) {
      refuse(std::move(records[i]), "mac");
    } else if (!at_its_place(records[i])) {
      refuse(std::move(records[i]), "place");
    } else if (came_back(*newest, records[i])) {
      refuse(std::move(records[i]), "older than its audit entry");
    } else {
      out.sound_[records[i].kind].push_back(std::move(records[i]));
    }
  }
  co_return out;
}

}  // namespace conclave::identity
