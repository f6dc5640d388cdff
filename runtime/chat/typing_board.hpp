#pragma once

#include <map>

#include "runtime/base/clock.hpp"
#include "runtime/chat/room_table.hpp"
#include "runtime/sync/once_timer.hpp"

namespace conclave::chat {

// Who is typing where; forgotten by itself. On the shard's thread.
class TypingBoard {
 public:
  TypingBoard(RoomTable& rooms, sync::Hub& hub, const base::Clock& clock, std::int64_t expiry_ms,
              boost::asio::any_io_executor executor);

  void set(const RoomPtr& room, UserId user, bool active);
  void sweep();

 private:
  // Above this many receivers typing is not shown: it would be noise.
  static constexpr std::size_t kAudienceLimit = 100;

  void publish(const Room& room, UserId user, bool active);

  RoomTable& rooms_;
  sync::Hub& hub_;
  const base::Clock& clock_;
  std::int64_t expiry_ms_;
  std::map<std::pair<RoomKey, UserId>, std::int64_t> until_ms_;
  sync::OnceTimer timer_;
};

}  // namespace conclave::chat
