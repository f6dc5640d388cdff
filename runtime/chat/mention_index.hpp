#pragma once

#include <set>
#include <unordered_map>

#include "runtime/chat/room_table.hpp"
#include "runtime/store/content_store.hpp"

namespace conclave::chat {

// Unread mentions of people who are online, by room. Read from the store when it is first asked for
// and kept until the person's last session ends. On the shard's thread.
class MentionIndex {
 public:
  static constexpr std::size_t kShown = 999;

  MentionIndex(store::ContentStore& store, RoomTable& rooms) : store_(store), rooms_(rooms) {}

  // Reads what is not known yet; cheap when it is.
  Task<void> load(UserKey user);
  void forget(const UserKey& user) { users_.erase(user); }
  void add(const UserKey& user, RoomId room, std::uint64_t seq);
  void read(const UserKey& user, RoomId room, std::uint64_t through_seq);
  [[nodiscard]] std::size_t unread(const UserKey& user, RoomId room) const;

 private:
  struct Counts {
    bool loaded = false;
    std::unordered_map<RoomId, std::set<std::uint64_t>> rooms;
  };
  store::ContentStore& store_;
  RoomTable& rooms_;
  std::unordered_map<UserKey, Counts> users_;
};

}  // namespace conclave::chat
