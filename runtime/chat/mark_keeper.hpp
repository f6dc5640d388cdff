#pragma once

#include <map>
#include <set>

#include "runtime/chat/chat.hpp"
#include "runtime/chat/room_table.hpp"
#include "runtime/sync/ledger.hpp"
#include "runtime/sync/once_timer.hpp"

namespace conclave::chat {

// Watermarks between memory, other devices and the disk. On the shard's thread.
class MarkKeeper {
 public:
  struct Parts {
    RoomTable& rooms;
    sync::Hub& hub;
    sync::Ledger& ledger;
    boost::asio::any_io_executor executor;
    const Limits& limits;
  };
  explicit MarkKeeper(Parts parts);

  // `n`: messages up to `seq`. True when the mark rose. `push`: tell the other members; not needed
  // when the mark follows from a message that they get anyway.
  bool raise_read(const RoomPtr& room, UserId user, std::uint64_t seq, std::uint64_t n, bool push);
  bool raise_delivered(const RoomPtr& room, UserId user, std::uint64_t seq);
  // To the person's devices, at once.
  void publish_own(const Room& room, UserId user);
  // Stores what is dirty; `done` after the commit.
  void flush(std::function<void()> done);

 private:
  void push();
  void later(const RoomPtr& room, UserId user, bool push);
  using Marked = std::set<std::pair<RoomKey, UserId>>;
  store::Transaction build(sync::Ledger::Positions& positions, Marked& taken);

  Parts parts_;
  Marked dirty_;
  std::map<RoomKey, std::set<UserId>> unpushed_;
  sync::OnceTimer push_timer_;
  sync::OnceTimer flush_timer_;
};

}  // namespace conclave::chat
