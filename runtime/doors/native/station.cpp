#include "runtime/doors/native/station.hpp"

#include <utility>

#include "runtime/doors/native/connection.hpp"

namespace conclave::doors::native {

Station::Station(std::uint16_t number, boost::asio::any_io_executor executor,
                 std::size_t outbox_limit)
    : number_(number),
      executor_(executor),
      outbox_(executor, outbox_limit,
              [this](std::vector<Outbound> batch) { handle(std::move(batch)); }) {}

ConnectionRef Station::add(Connection& connection) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].connection = &connection;
  return {.station = number_, .slot = slot, .generation = slots_[slot].generation};
}

void Station::remove(ConnectionRef ref) {
  if (find(ref) == nullptr) return;
  slots_[ref.slot].connection = nullptr;
  ++slots_[ref.slot].generation;
  free_.push_back(ref.slot);
}

Connection* Station::find(ConnectionRef ref) const {
  const Slot& slot = slots_[ref.slot];
  return slot.generation == ref.generation ? slot.connection : nullptr;
}

bool Station::send(Outbound item) {
  const bool below = outbox_.push(std::move(item));
  if (!below) crowded_.store(true, std::memory_order_relaxed);
  return below;
}

void Station::handle(std::vector<Outbound> batch) {
  crowded_.store(false, std::memory_order_relaxed);
  for (Outbound& item : batch) {
    std::visit([this](auto& each) { handle(each); }, item);
  }
}

void Station::handle(Reply& item) {
  if (Connection* connection = find(item.to)) connection->reply(std::move(item));
}

void Station::handle(Push& item) {
  for (const ConnectionRef ref : item.to) {
    if (Connection* connection = find(ref)) connection->push(item);
  }
}

void Station::handle(Close& item) {
  if (Connection* connection = find(item.to)) connection->close(item.why);
}

void Station::handle(Reading& item) {
  reading_allowed_ = item.allowed;
  if (!item.allowed) return;
  for (const ConnectionRef ref : std::exchange(waiting_, {})) {
    if (Connection* connection = find(ref)) connection->go_on_reading();
  }
}

}  // namespace conclave::doors::native
