#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/random.hpp"
#include "runtime/chat/ops.hpp"
#include "runtime/chat/room_table.hpp"
#include "runtime/sync/user_directory.hpp"

namespace conclave::chat {

// Decides, when a batch closes, whether an op may happen, and what it does: entries, standings,
// power, profile. All checks of an op come before its first effect, and they see the effects of
// every op before it, on disk or not (Projection). On the shard's thread.
class Planner {
 public:
  Planner(RoomTable& rooms, const sync::UserDirectory& users, base::Random& random,
          const Limits& limits)
      : rooms_(rooms), users_(users), random_(random), limits_(limits) {}

  // On success op.receipt names the room and, where there is one, the entry (op.place).
  Result<void> plan(Batch& batch, Op& op);

 private:
  // Log writes of people.
  Result<void> plan_draft(Batch& batch, Op& op);
  Result<void> check_draft(const Room& room, const Op& op, RoomRole role) const;
  void plan_pin(RoomWork& work, const Draft& draft);

  // Changes of rooms and membership; one function a kind or two.
  Result<void> plan_control(Batch& batch, Op& op);
  Result<void> create(Batch& batch, Op& op);
  Result<void> direct(Batch& batch, Op& op);
  Result<void> invite(Batch& batch, Op& op, const RoomPtr& room);
  Result<void> enter(Batch& batch, Op& op, const RoomPtr& room);
  Result<void> depart(Batch& batch, Op& op, const RoomPtr& room);
  Result<void> expel(Batch& batch, Op& op, const RoomPtr& room);
  Result<void> set_role(Batch& batch, Op& op, const RoomPtr& room);
  Result<void> set_profile(Batch& batch, Op& op, const RoomPtr& room);
  Result<void> set_permissions(Batch& batch, Op& op, const RoomPtr& room);
  Result<void> remove(Batch& batch, Op& op, const RoomPtr& room);

  [[nodiscard]] RoomRole rank(const identity::Actor& actor, const Room& room) const;
  [[nodiscard]] bool exists(TenantId tenant, UserId user) const;
  [[nodiscard]] bool is_guest(const identity::Actor& actor) const;
  [[nodiscard]] std::size_t rooms_of(TenantId tenant, UserId user) const;
  [[nodiscard]] std::size_t projected_present(const Room& room) const;
  [[nodiscard]] std::size_t projected_owners(const Room& room) const;
  [[nodiscard]] RoomId new_room_id(TenantId tenant);
  RoomPtr begin_room(Batch& batch, Op& op, Power power);
  RoomWork& work(Batch& batch, const RoomPtr& room);
  void append(Batch& batch, RoomWork& work, Op& op, Draft draft);
  void set_standing(Batch& batch, Op& op, const RoomPtr& room, UserId user, RoomRole role,
                    MemberState state);

  RoomTable& rooms_;
  const sync::UserDirectory& users_;
  base::Random& random_;
  const Limits& limits_;
};

}  // namespace conclave::chat
