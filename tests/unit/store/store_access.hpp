#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "hsm/api/segment.hpp"
#include "runtime/store/content_store.hpp"

// Blocking calls of a ContentStore, and segments whose "ciphertext" the test chooses.
namespace conclave::store::testing {

class TempFolder {
 public:
  explicit TempFolder(std::string parent = std::filesystem::temp_directory_path()) {
    std::string pattern = parent + "/conclave-store-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Calls `start(callback)` and waits for the answer.
template <class T, class Start>
Result<T> wait_for(Start start) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  start(Callback<T>([promise](Result<T> result) { promise->set_value(std::move(result)); }));
  return future.get();
}

inline Result<> commit(ContentStore& store, Transaction transaction) {
  return wait_for<void>(
      [&](Callback<void> done) { store.commit(std::move(transaction), std::move(done)); });
}

template <class... Writes>
Result<> commit_all(ContentStore& store, Writes... writes) {
  Transaction transaction;
  (transaction.emplace_back(std::move(writes)), ...);
  return commit(store, std::move(transaction));
}

inline Result<Snapshot> load(ContentStore& store) {
  return wait_for<Snapshot>([&](Callback<Snapshot> done) { store.load(std::move(done)); });
}

inline Result<LogSlice> read_log(ContentStore& store, TenantId tenant, RoomId room,
                                 std::uint64_t first, std::uint64_t last) {
  return wait_for<LogSlice>(
      [&](Callback<LogSlice> done) { store.read_log(tenant, room, first, last, std::move(done)); });
}

inline Result<std::optional<std::uint64_t>> find_seq(ContentStore& store, TenantId tenant,
                                                     RoomId room, std::int64_t ts_ms) {
  return wait_for<std::optional<std::uint64_t>>(
      [&](auto done) { store.find_seq(tenant, room, ts_ms, std::move(done)); });
}

struct Said {
  std::uint64_t seq = 0;
  std::string text;
  std::int64_t ts_ms = 0;
};

inline constexpr std::int64_t kStart_ms = 1'700'000'000'000;

// A segment of the documented form; the bodies stand where the ciphertext would.
inline Bytes make_segment(TenantId tenant, RoomId room, UserId author,
                          const std::vector<Said>& said) {
  hsm::api::SegmentHeader header;
  header.tenant = tenant;
  header.room = room;
  header.author = author;
  std::string bodies;
  for (const auto& entry : said) {
    header.entries.push_back(
        {entry.seq, entry.seq,
         entry.ts_ms != 0 ? entry.ts_ms : kStart_ms + static_cast<std::int64_t>(entry.seq), 1, 0,
         static_cast<std::uint32_t>(entry.text.size())});
    bodies += entry.text;
  }
  base::ByteWriter out;
  out.raw(hsm::api::encode_header(header));
  out.raw(Bytes(hsm::api::kNonceSize, 7)).raw(bodies).raw(Bytes(hsm::api::kTagSize, 9));
  return out.take();
}

// seq and body of every entry of the slice within [first, last], ascending.
inline std::vector<std::pair<std::uint64_t, std::string>> entries_of(const LogSlice& slice,
                                                                     std::uint64_t first,
                                                                     std::uint64_t last) {
  std::vector<std::pair<std::uint64_t, std::string>> result;
  for (const auto& segment : slice.segments) {
    const auto view = hsm::api::parse_segment(segment);
    if (!view) throw std::runtime_error(view.error().text());
    std::size_t offset = 0;
    for (const auto& entry : view->header.entries) {
      const auto body = base::as_text(view->sealed.subspan(offset, entry.length));
      offset += entry.length;
      if (entry.seq >= first && entry.seq <= last) result.emplace_back(entry.seq, body);
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

// One room's entries first, first+1, … by one author, as one commit; pos grows with seq.
inline JournalCommit one_room_commit(TenantId tenant, RoomId room, std::uint64_t first,
                                     const std::vector<std::string>& texts, UserId author = {5}) {
  std::vector<Said> said;
  for (const auto& text : texts) said.push_back({first + said.size(), text});
  JournalCommit result;
  result.segments.push_back(make_segment(tenant, room, author, said));
  const std::uint64_t last = said.back().seq;
  result.heads.push_back({tenant, room, last, last, last, 0});
  return result;
}

inline RoomRow room_row(TenantId tenant, RoomId room) {
  RoomRow row;
  row.tenant = tenant;
  row.room = room;
  row.version = 1;
  row.power = base::to_bytes("power");
  row.mac = base::to_bytes("mac");
  row.profile_sealed = base::to_bytes("profile");
  return row;
}

}  // namespace conclave::store::testing
