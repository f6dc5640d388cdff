#pragma once

#include <string>

#include "runtime/chat/chat.hpp"
#include "runtime/sync/hub.hpp"

namespace conclave::doors::native {

// The frame of an event, the same for every receiver. Empty for RoomUpdated, which shows the room
// as each receiver sees it: room_updated_frame().
[[nodiscard]] std::string frame_of(const sync::Event& event, const chat::Feed& feed);
[[nodiscard]] std::string room_updated_frame(const sync::RoomUpdated& event,
                                             const identity::Actor& receiver,
                                             const chat::Rooms& rooms, const chat::Feed& feed);

// sync.lagged and server.draining reach connections that lag, too.
[[nodiscard]] bool is_control(const sync::Event& event);

}  // namespace conclave::doors::native
