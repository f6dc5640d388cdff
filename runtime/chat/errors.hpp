#pragma once

#include "runtime/base/error.hpp"

namespace conclave::chat {

inline constexpr ErrorSpec kRoomNotFound{
    "room.not_found", ErrorKind::not_found,
    "There is no such room, or you are not in it; refresh the list of rooms."};
inline constexpr ErrorSpec kRoomDenied{
    "room.denied", ErrorKind::denied,
    "Your role in this room does not allow that; ask one of its moderators or owners."};
inline constexpr ErrorSpec kRoomFull{"room.full", ErrorKind::limited,
                                     "The room has as many members as a room may have."};
inline constexpr ErrorSpec kTooManyRooms{
    "room.limit", ErrorKind::limited,
    "This person is in as many rooms as one may be; leave some of them first."};
inline constexpr ErrorSpec kUserNotFound{"user.not_found", ErrorKind::not_found,
                                         "There is no such person in your organisation."};
inline constexpr ErrorSpec kMessageNotFound{
    "message.not_found", ErrorKind::not_found,
    "There is no such message in this room, or it was redacted."};
inline constexpr ErrorSpec kClientIdConflict{
    "client_id.conflict", ErrorKind::conflict,
    "This client_id was used for another request; count on and send again."};
inline constexpr ErrorSpec kClientIdStale{
    "client_id.stale", ErrorKind::conflict,
    "This client_id is older than what is remembered; the detail is the highest one accepted."};
inline constexpr ErrorSpec kInFlight{
    "in_flight", ErrorKind::limited,
    "Too many requests of this device wait for their answer; wait for answers before sending on."};
inline constexpr ErrorSpec kBodyTooLarge{"body.too_large", ErrorKind::invalid,
                                         "The text is longer than a message may be; send a file."};
inline constexpr ErrorSpec kParamsInvalid{"params.invalid", ErrorKind::invalid,
                                          "A value is outside of what is allowed; see the detail."};

}  // namespace conclave::chat
