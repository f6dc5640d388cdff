#include "hsm/keyd/service.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::hsm::keyd {

Result<void> delete_room_key(Service& service, Call& call) {
  call.tenant.value = call.in.u64();
  const RoomId room{call.in.u64()};
  if (!call.in.done() || !call.tenant || !room) return malformed(call);
  CONCLAVE_TRY(service.keyring.delete_room(call.tenant, room, service.clock.utc_ms()));
  service.content_keys.drop_if([&](const api::ContentKeyName& name) {
    return name.tenant == call.tenant && name.room == room;
  });
  observe::info("room_key.deleted", {{"tenant", call.tenant}, {"room", room}});
  return {};
}

}  // namespace conclave::hsm::keyd
