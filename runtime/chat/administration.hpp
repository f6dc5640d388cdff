#pragma once

#include "runtime/identity/room_administration.hpp"

namespace conclave::chat {

class Core;

// Rooms as admins see them: no content passes. On the shard's thread.
class Administration : public identity::RoomAdministration {
 public:
  explicit Administration(Core& core) : core_(core) {}

  Task<Result<std::vector<identity::RoomSummary>>> list_rooms(identity::Actor actor,
                                                              TenantId tenant, RoomId after,
                                                              std::size_t limit) override;
  Task<Result<std::vector<identity::RoomMember>>> room_members(identity::Actor actor,
                                                               TenantId tenant,
                                                               RoomId room) override;
  Task<Result<void>> delete_room(identity::Actor actor, TenantId tenant, RoomId room) override;
  void forget_tenant(TenantId tenant) override;

 private:
  Core& core_;
};

}  // namespace conclave::chat
