#pragma once

#include <functional>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "runtime/chat/model.hpp"

namespace conclave::chat {

// Rooms, who is in them and which of their members are online. On the shard's thread. Follows the
// Hub's sessions to keep each room's audience.
class RoomTable : public sync::HubObserver {
 public:
  RoomTable(sync::Hub& hub, std::size_t tail_bytes);
  ~RoomTable() override;
  RoomTable(const RoomTable&) = delete;
  RoomTable& operator=(const RoomTable&) = delete;

  // Also rooms that are not stored yet or removed.
  [[nodiscard]] RoomPtr find(const RoomKey& key) const;
  RoomPtr add(const RoomKey& key, Power power);
  void erase(const RoomKey& key);
  void clear();
  // The pair may make a new conversation.
  void forget_direct(const Room& room);
  [[nodiscard]] std::vector<RoomPtr> of_tenant(TenantId tenant) const;  // by id
  [[nodiscard]] std::set<TenantId> tenants() const;
  // Rooms in which the user has a row, tombstones included.
  [[nodiscard]] const std::vector<RoomPtr>& of_user(const UserKey& user) const;
  [[nodiscard]] RoomPtr direct(TenantId tenant, UserId one, UserId other) const;

  // Replaces a member's standing and moves counts, index and audience with it. Marks stay.
  Member& set_member(const RoomPtr& room, UserId user, const Standing& standing);

  // Appends to the tail cache; the oldest entries of the least recently used rooms leave it.
  void append_tail(Room& room, LogEntry entry);
  // Puts what was read in front of the tail when it fits without a gap.
  void prepend_tail(Room& room, const std::vector<LogEntry>& entries);
  void touch_tail(Room& room);
  void drop_tail(Room& room);

  void session_opened(sync::Subscriber& subscriber) override;
  void session_closing(sync::Subscriber& subscriber) override;

  // For callers that must see every session after the audiences are right.
  std::function<void(sync::Subscriber&)> on_opened;
  std::function<void(sync::Subscriber&)> on_closing;

 private:
  struct PairKey {
    TenantId tenant;
    UserId low;
    UserId high;
    friend auto operator<=>(const PairKey&, const PairKey&) = default;
  };
  static PairKey pair_of(TenantId tenant, UserId one, UserId other);
  static constexpr std::size_t kTailEntries = 64;
  static constexpr std::size_t kTailBytes = 64 * 1024;

  void index_direct(const Room& room);
  void trim_tail(Room& room);
  void enforce_tail_limit();

  sync::Hub& hub_;
  std::size_t tail_limit_;
  std::size_t tail_bytes_ = 0;
  std::list<Room*> tail_order_;  // most recently used first
  std::unordered_map<RoomKey, RoomPtr> rooms_;
  std::unordered_map<UserKey, std::vector<RoomPtr>> by_user_;
  std::map<PairKey, RoomId> directs_;
};

}  // namespace conclave::chat
