#pragma once

#include <cstddef>

// The shape of the load, the same for the server and for the floors.
namespace conclave::load {

inline constexpr std::size_t kPairs = 50;
inline constexpr std::size_t kInFlight = 8;  // messages of one sender that are not answered yet
inline constexpr std::size_t kRoomSenders = 8;
inline constexpr std::size_t kFloorMembers = 200;
inline constexpr double kOpenLoopPerS = 5'000;
inline constexpr std::size_t kSignInsAtOnce = 64;

}  // namespace conclave::load
