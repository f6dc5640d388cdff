#include "runtime/chat/device_log.hpp"

#include <algorithm>

namespace conclave::chat {

void DeviceLogs::insert(Log& log, std::uint64_t client_id, Place place) {
  log.high = std::max(log.high, client_id);
  log.ring[client_id] = place;
  while (!log.ring.empty() && log.ring.begin()->first + kKept <= log.high) {
    log.ring.erase(log.ring.begin());
  }
}

void DeviceLogs::load(const store::Ring& ring) {
  Log& log = logs_[{ring.tenant, ring.device}];
  for (const store::RingEntry& entry : ring.entries) {
    insert(log, entry.client_id, {entry.room, entry.seq});
  }
}

DeviceLogs::Found DeviceLogs::look_up(const DeviceKey& device, std::uint64_t client_id) const {
  const auto found = logs_.find(device);
  if (found == logs_.end()) return {Seen::fresh, nullptr, {}, 0};
  const Log& log = found->second;
  if (const auto op = log.in_flight.find(client_id); op != log.in_flight.end()) {
    return {Seen::in_flight, op->second, {}, 0};
  }
  if (const auto place = log.ring.find(client_id); place != log.ring.end()) {
    return {Seen::stored, nullptr, place->second, 0};
  }
  if (client_id + kWindow <= log.high) return {Seen::stale, nullptr, {}, log.high};
  return {Seen::fresh, nullptr, {}, 0};
}

std::size_t DeviceLogs::in_flight(const DeviceKey& device) const {
  const auto found = logs_.find(device);
  return found == logs_.end() ? 0 : found->second.in_flight.size();
}

void DeviceLogs::begin(const DeviceKey& device, std::uint64_t client_id, Op& op) {
  logs_[device].in_flight[client_id] = &op;
}

void DeviceLogs::drop(const DeviceKey& device, std::uint64_t client_id) {
  logs_[device].in_flight.erase(client_id);
}

void DeviceLogs::stored(const DeviceKey& device, std::uint64_t client_id, Place place) {
  Log& log = logs_[device];
  log.in_flight.erase(client_id);
  insert(log, client_id, place);
}

}  // namespace conclave::chat
