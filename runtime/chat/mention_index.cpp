#include "runtime/chat/mention_index.hpp"

#include <algorithm>

#include "runtime/observe/log.hpp"

namespace conclave::chat {

Task<void> MentionIndex::load(UserKey user) {
  if (users_[user].loaded) co_return;
  constexpr std::uint32_t kPage = 500;
  std::uint64_t after = 0;
  while (true) {
    auto page = co_await async::await_callback<std::vector<store::MentionRow>>([&](auto done) {
      store_.read_mentions(user.tenant, user.id, after, kPage, std::move(done));
    });
    if (!page) {
      // Counts are an ornament: they are shown as known, and asked for again next time.
      observe::warn("mentions.not_read", {{"error", page.error()}});
      co_return;
    }
    for (const auto& row : *page) {
      after = row.pos;
      add(user, row.room, row.seq);
    }
    if (page->size() < kPage) break;
  }
  if (const auto found = users_.find(user); found != users_.end()) found->second.loaded = true;
}

void MentionIndex::add(const UserKey& user, RoomId room, std::uint64_t seq) {
  const auto found = users_.find(user);
  if (found == users_.end()) return;
  const RoomPtr place = rooms_.find({user.tenant, room});
  const Member* const member = place ? place->member(user.id) : nullptr;
  if (member == nullptr || member->read_seq >= seq) return;
  auto& seqs = found->second.rooms[room];
  seqs.insert(seq);
  if (seqs.size() > kShown) seqs.erase(seqs.begin());
}

void MentionIndex::read(const UserKey& user, RoomId room, std::uint64_t through_seq) {
  const auto found = users_.find(user);
  if (found == users_.end()) return;
  const auto seqs = found->second.rooms.find(room);
  if (seqs == found->second.rooms.end()) return;
  seqs->second.erase(seqs->second.begin(), seqs->second.upper_bound(through_seq));
  if (seqs->second.empty()) found->second.rooms.erase(seqs);
}

std::size_t MentionIndex::unread(const UserKey& user, RoomId room) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return 0;
  const auto seqs = found->second.rooms.find(room);
  return seqs == found->second.rooms.end() ? 0 : seqs->second.size();
}

}  // namespace conclave::chat
