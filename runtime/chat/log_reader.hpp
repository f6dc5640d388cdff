#pragma once

#include <optional>
#include <vector>

#include "runtime/chat/content_keys.hpp"
#include "runtime/chat/room_table.hpp"
#include "runtime/store/content_store.hpp"
#include "runtime/sync/user_directory.hpp"

namespace conclave::chat {

struct OpenedEntry {
  LogEntry entry;
  bool unreadable = false;
};

// What rights and marks need to know of an entry; stands in the clear.
struct EntryFacts {
  EntryKind kind{};
  UserId author;
  std::uint64_t n = 0;
  std::int64_t ts_ms = 0;
  bool erased = false;  // redacted, or an entry that never had a body
};

// Reads logs: from the tail in memory where it can, else from the store, opened in one request to
// the token. On the shard's thread.
class LogReader {
 public:
  LogReader(store::ContentStore& store, ContentKeys& keys, RoomTable& rooms,
            const sync::UserDirectory& users)
      : store_(store), keys_(keys), rooms_(rooms), users_(users) {}

  static constexpr std::uint64_t kRangeLimit = 500;

  // What deleted users wrote is unreadable, whether their key is destroyed yet or not.
  // 1 <= first <= last <= head, at most kRangeLimit entries.
  Task<Result<std::vector<OpenedEntry>>> range(RoomPtr room, std::uint64_t first,
                                               std::uint64_t last);
  // `seqs` ascending; those that do not exist are left out.
  Task<Result<std::vector<OpenedEntry>>> at(RoomPtr room, std::vector<std::uint64_t> seqs);
  // None: no such entry.
  Task<Result<std::optional<EntryFacts>>> facts(RoomPtr room, std::uint64_t seq);
  [[nodiscard]] static const LogEntry* cached(const Room& room, std::uint64_t seq);
  [[nodiscard]] static std::optional<EntryFacts> cached_facts(const Room& room, std::uint64_t seq);

 private:
  Task<Result<std::vector<OpenedEntry>>> stored(RoomPtr room, std::uint64_t first,
                                                std::uint64_t last);
  void hide_erased(const Room& room, std::vector<OpenedEntry>& entries) const;

  store::ContentStore& store_;
  ContentKeys& keys_;
  RoomTable& rooms_;
  const sync::UserDirectory& users_;
};

}  // namespace conclave::chat
