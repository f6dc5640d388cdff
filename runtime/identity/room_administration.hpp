#pragma once

#include <string>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/identity/actor.hpp"

namespace conclave::identity {

struct RoomSummary {
  RoomId room;
  std::string kind;  // "room", "direct"
  std::string name;  // empty for direct ones
  std::uint64_t members = 0;
  std::uint64_t head_seq = 0;
};

struct RoomMember {
  UserId user;
  std::string role;
  std::string state;
};

// What admins may do with rooms without being members: no content passes. Implemented by chat,
// called by the management door on the shard's thread, after it has checked the role. `actor` is
// the admin, `tenant` the tenant that it acts on.
class RoomAdministration {
 public:
  virtual ~RoomAdministration() = default;
  [[nodiscard]] virtual Task<Result<std::vector<RoomSummary>>> list_rooms(Actor actor,
                                                                          TenantId tenant,
                                                                          RoomId after,
                                                                          std::size_t limit) = 0;
  [[nodiscard]] virtual Task<Result<std::vector<RoomMember>>> room_members(Actor actor,
                                                                           TenantId tenant,
                                                                           RoomId room) = 0;
  // Logical at once, cryptographic at the next turn of the epoch.
  [[nodiscard]] virtual Task<Result<void>> delete_room(Actor actor, TenantId tenant,
                                                       RoomId room) = 0;
  // The tenant is being deleted: forget its rooms (the store deletes the rows).
  virtual void forget_tenant(TenantId tenant) = 0;
};

}  // namespace conclave::identity
