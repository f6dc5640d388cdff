#pragma once

#include "runtime/chat/chat.hpp"
#include "runtime/chat/mark_keeper.hpp"
#include "runtime/chat/mention_index.hpp"
#include "runtime/chat/pipeline.hpp"
#include "runtime/chat/typing_board.hpp"

namespace conclave::chat {

// The one state that the services of this folder work on. On the shard's thread only.
class Core {
 public:
  explicit Core(Parts given);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Task<Result<void>> start(std::shared_ptr<const store::Snapshot> snapshot);
  Task<void> upkeep();
  Task<void> stop();

  // A room as the reader sees it.
  [[nodiscard]] RoomView view(const Room& room, UserId reader) const;
  // The room when the actor is joined; kRoomNotFound otherwise.
  [[nodiscard]] Result<RoomPtr> joined_room(const identity::Actor& actor, RoomId room) const;
  // Rooms' own operations; joins of many people to a room gather for a moment.
  void submit_control(const identity::Actor& actor, RoomId room, Control control,
                      Callback<WriteReceipt> done);

  Parts parts;
  RoomTable rooms;
  ContentKeys content_keys;
  LogReader reader;
  DeviceLogs devices;
  Planner planner;
  Sealer sealer;
  async::TaskGroup tasks;
  MentionIndex mentions;
  MarkKeeper marks;
  TypingBoard typing;
  Pipeline pipeline;
  std::unordered_map<TenantId, std::uint64_t> expired_pos;  // older cursors are reset
  bool started = false;

 private:
  void apply(Batch& batch);
  void apply_room(RoomWork& work);
  void apply_entries(RoomWork& work);
  void publish(RoomWork& work);
  void drop_room(RoomWork& work);
  Task<void> expire_tombstones();
  Task<Result<void>> load_rooms(std::shared_ptr<const store::Snapshot> snapshot);
  Task<Result<void>> load_members(std::shared_ptr<const store::Snapshot> snapshot);
  Task<Result<std::vector<bool>>> check(std::vector<hsm::api::PowerRow> rows);
  Task<Result<void>> open_profiles(std::shared_ptr<const store::Snapshot> snapshot);
  void alarm(std::string_view what, const RoomKey& room, UserId user);

  observe::Counter alarms_total_;
  std::vector<std::unique_ptr<Op>> held_joins_;
  std::unordered_map<RoomKey, std::int64_t> last_join_ms_;
  sync::OnceTimer join_timer_;
  std::int64_t expired_ms_ = 0;  // monotonic: when tombstones were looked at last
  bool stopping_ = false;
};

}  // namespace conclave::chat
