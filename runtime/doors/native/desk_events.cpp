#include <algorithm>

#include "runtime/doors/native/desk.hpp"
#include "runtime/doors/native/events.hpp"

namespace conclave::doors::native {
namespace {

Link& link_of(const sync::Subscriber& subscriber) {
  return *static_cast<Link*>(subscriber.connection);
}

// The feed position of events that sync.since holds as well; 0 for others.
std::uint64_t position_of(const sync::Event& event) {
  if (const auto* entries = std::get_if<sync::RoomEntries>(&event)) return entries->pos;
  if (const auto* room = std::get_if<sync::RoomUpdated>(&event)) return room->pos;
  if (const auto* state = std::get_if<sync::StateChanged>(&event)) return state->pos;
  return 0;
}

struct Ending {
  wire::CloseCode code{};
  std::string_view reason;
  std::string_view change;  // of device.changed; empty: not told
};
Ending ending_of(identity::SessionEnd why) {
  switch (why) {
    case identity::SessionEnd::signed_out:
      return {wire::CloseCode::signed_out, "signed out", "signed_out"};
    case identity::SessionEnd::revoked:
      return {wire::CloseCode::revoked, "revoked", "revoked"};
    case identity::SessionEnd::replaced:
      return {wire::CloseCode::replaced, "the device connected again", ""};
    case identity::SessionEnd::changed:
      return {wire::CloseCode::changed, "rights changed, prove the device key again", ""};
    case identity::SessionEnd::displaced:
      return {wire::CloseCode::signed_out, "signed out: another device needed the room",
              "displaced"};
    case identity::SessionEnd::expired:
      return {wire::CloseCode::signed_out, "expired", "signed_out"};
  }
  return {wire::CloseCode::signed_out, "ended", ""};
}

}  // namespace

void Desk::session_ended(const identity::Session& session, identity::SessionEnd why) {
  const Ending ending = ending_of(why);
  domain_.hub.disconnect(session.id, static_cast<std::uint16_t>(ending.code), ending.reason);
  if (!ending.change.empty()) {
    methods_.tell_device_changed(session.actor, session.actor.device, ending.change);
  }
}

void Desk::deliver(const sync::Event& event, std::span<sync::Subscriber* const> receivers) {
  const std::uint64_t pos = position_of(event);
  std::vector<std::vector<ConnectionRef>> to(stations_.size());
  const auto* room = std::get_if<sync::RoomUpdated>(&event);
  bool any = false;
  for (const sync::Subscriber* receiver : receivers) {
    const Link& link = link_of(*receiver);
    if (link.stage != Stage::ready || (pos != 0 && pos <= receiver->through_pos)) continue;
    to[link.ref.station].push_back(link.ref);
    any = true;
    if (room == nullptr) continue;
    push(event, room_updated_frame(*room, link.actor, domain_.chat.rooms(), domain_.chat.feed()),
         to);
  }
  if (any && room == nullptr) push(event, frame_of(event, domain_.chat.feed()), to);
}

void Desk::push(const sync::Event& event, std::string frame,
                std::vector<std::vector<ConnectionRef>>& to) {
  const auto shared = std::make_shared<const std::string>(std::move(frame));
  const sync::Urgency urgency = sync::urgency_of(event);
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i].empty()) continue;
    if (urgency != sync::Urgency::log && stations_[i]->crowded()) {
      frontage_.metrics->dropped(urgency);
    } else {
      stations_[i]->send(Push{.frame = shared,
                              .to = std::move(to[i]),
                              .urgency = urgency,
                              .control = is_control(event)});
    }
    to[i].clear();
  }
}

void Desk::disconnect(sync::Subscriber& subscriber, std::uint16_t close_code,
                      std::string_view reason) {
  Link& link = link_of(subscriber);
  if (link.stage != Stage::ready) return;
  // Nothing is accepted and nothing is pushed from now on; the hub forgets the subscriber when the
  // socket has closed.
  link.stage = Stage::ended;
  PendingClose why{static_cast<wire::CloseCode>(close_code), std::string(reason)};
  if (link.farewells > 0) {
    link.close_after_farewell = std::move(why);
  } else {
    send(link.ref, Close{.to = link.ref, .why = std::move(why)});
  }
}

}  // namespace conclave::doors::native
