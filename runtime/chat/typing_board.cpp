#include "runtime/chat/typing_board.hpp"

namespace conclave::chat {
namespace {
constexpr std::int64_t kSweepMs = 1'000;
}

TypingBoard::TypingBoard(RoomTable& rooms, sync::Hub& hub, const base::Clock& clock,
                         std::int64_t expiry_ms, boost::asio::any_io_executor executor)
    : rooms_(rooms),
      hub_(hub),
      clock_(clock),
      expiry_ms_(expiry_ms),
      timer_(std::move(executor), [this] { sweep(); }) {}

void TypingBoard::set(const RoomPtr& room, UserId user, bool active) {
  const std::pair key{room->key(), user};
  if (!active) {
    if (until_ms_.erase(key) != 0) publish(*room, user, false);
    return;
  }
  const auto [place, added] = until_ms_.try_emplace(key);
  place->second = clock_.monotonic_ms() + expiry_ms_;
  if (added) publish(*room, user, true);
  timer_.arm(kSweepMs);
}

void TypingBoard::sweep() {
  const std::int64_t now_ms = clock_.monotonic_ms();
  for (auto it = until_ms_.begin(); it != until_ms_.end();) {
    if (it->second > now_ms) {
      ++it;
      continue;
    }
    if (const RoomPtr room = rooms_.find(it->first.first)) publish(*room, it->first.second, false);
    it = until_ms_.erase(it);
  }
  if (!until_ms_.empty()) timer_.arm(kSweepMs);
}

void TypingBoard::publish(const Room& room, UserId user, bool active) {
  if (room.audience.size() > kAudienceLimit) return;
  std::vector<sync::Subscriber*> receivers;
  for (sync::Subscriber* each : room.audience) {
    if (each->actor.user != user) receivers.push_back(each);
  }
  hub_.publish(sync::TypingChanged{room.id, user, active}, receivers);
}

}  // namespace conclave::chat
