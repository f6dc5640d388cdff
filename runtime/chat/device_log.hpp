#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "runtime/chat/model.hpp"
#include "runtime/store/rows.hpp"

namespace conclave::chat {

struct Op;

// What each device sent last, for idempotency (data contract): the newest 64 counters with their
// answers, and what is on its way to the disk. On the shard's thread.
class DeviceLogs {
 public:
  static constexpr std::uint64_t kKept = 64;
  // A counter that was never seen is taken as new only this close to the highest one: a correct
  // client has no more unacknowledged, and anything older may have left the ring.
  static constexpr std::uint64_t kWindow = 32;

  struct Place {
    RoomId room;
    std::uint64_t seq = 0;
  };
  enum class Seen { fresh, in_flight, stored, stale };
  struct Found {
    Seen seen{};
    Op* op = nullptr;        // in_flight
    Place place;             // stored
    std::uint64_t high = 0;  // stale
  };

  void load(const store::Ring& ring);
  [[nodiscard]] Found look_up(const DeviceKey& device, std::uint64_t client_id) const;
  [[nodiscard]] std::size_t in_flight(const DeviceKey& device) const;
  void begin(const DeviceKey& device, std::uint64_t client_id, Op& op);
  // The op is refused or failed: the counter may come again.
  void drop(const DeviceKey& device, std::uint64_t client_id);
  void stored(const DeviceKey& device, std::uint64_t client_id, Place place);

 private:
  struct Log {
    std::map<std::uint64_t, Place> ring;
    std::map<std::uint64_t, Op*> in_flight;
    std::uint64_t high = 0;
  };
  static void insert(Log& log, std::uint64_t client_id, Place place);

  std::unordered_map<DeviceKey, Log> logs_;
};

}  // namespace conclave::chat
