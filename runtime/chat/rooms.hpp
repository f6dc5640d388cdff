#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/chat/types.hpp"
#include "runtime/identity/actor.hpp"

namespace conclave::chat {

class Core;

struct CreateRoom {
  std::string name{};   // at most 512 bytes
  std::string topic{};  // at most 4,096 bytes
  JoinRule join = JoinRule::invite;
  std::vector<UserId> invite{};
};
struct SetProfile {
  std::optional<std::string> name{};
  std::optional<std::string> topic{};
};
// What somebody outside may know of an open room.
struct RoomCard {
  RoomId room;
  std::string name{};
  std::string topic{};
  std::uint32_t members = 0;
  bool joined = false;
};
struct RoomPage {
  std::vector<RoomView> rooms;  // by id
  std::optional<RoomId> next;   // pass as `after`; none: that was all
};
struct MemberPage {
  std::vector<MemberView> members;  // by user id
  std::optional<UserId> next;
};

// Rooms, membership, roles and permissions. On the shard's thread. Every change is an entry of the
// room's log and answered when it is on disk. A room of another tenant, and one that the actor may
// not see, are both kRoomNotFound.
class Rooms {
 public:
  explicit Rooms(Core& core) : core_(core) {}

  Task<Result<RoomView>> create(identity::Actor actor, CreateRoom params);
  // The one room of the two, made when there is none.
  Task<Result<RoomView>> direct(identity::Actor actor, UserId other);

  // Joined, invited; from memory.
  [[nodiscard]] Result<RoomView> get(const identity::Actor& actor, RoomId room) const;
  // The same and, for sync and RoomUpdated, also rooms that the actor left or was removed from.
  [[nodiscard]] Result<RoomView> view(const identity::Actor& actor, RoomId room) const;
  [[nodiscard]] RoomPage list(const identity::Actor& actor, RoomId after, std::size_t limit) const;
  // Open rooms of the tenant whose name contains `query` (ASCII case does not count). Guests: none.
  [[nodiscard]] std::vector<RoomCard> find(const identity::Actor& actor, std::string query,
                                           std::size_t limit) const;
  [[nodiscard]] Result<MemberPage> members(const identity::Actor& actor, RoomId room, UserId after,
                                           std::size_t limit) const;

  Task<Result<void>> invite(identity::Actor actor, RoomId room, std::vector<UserId> users);
  Task<Result<RoomView>> accept(identity::Actor actor, RoomId room);
  Task<Result<void>> decline(identity::Actor actor, RoomId room);
  Task<Result<RoomView>> join(identity::Actor actor, RoomId room);
  Task<Result<void>> leave(identity::Actor actor, RoomId room);
  Task<Result<void>> kick(identity::Actor actor, RoomId room, UserId user, std::string reason = {});
  Task<Result<void>> ban(identity::Actor actor, RoomId room, UserId user, std::string reason = {});
  Task<Result<void>> unban(identity::Actor actor, RoomId room, UserId user);
  Task<Result<void>> set_role(identity::Actor actor, RoomId room, UserId user, RoomRole role);
  Task<Result<RoomView>> set_profile(identity::Actor actor, RoomId room, SetProfile params);
  Task<Result<RoomView>> set_permissions(identity::Actor actor, RoomId room,
                                         PermissionChange change);
  // Owners and tenant room admins. Logical at once; cryptographic at the tenant's next epoch turn.
  Task<Result<void>> remove(identity::Actor actor, RoomId room);

 private:
  Core& core_;
};

}  // namespace conclave::chat
