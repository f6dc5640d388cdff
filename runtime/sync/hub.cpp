#include "runtime/sync/hub.hpp"

#include <algorithm>

#include "runtime/base/assert.hpp"

namespace conclave::sync {

Urgency urgency_of(const Event& event) {
  if (std::holds_alternative<TypingChanged>(event)) return Urgency::typing;
  if (std::holds_alternative<PresenceChanged>(event)) return Urgency::presence;
  if (std::holds_alternative<ReceiptChanged>(event)) return Urgency::receipt;
  return Urgency::log;
}

void Hub::add_observer(HubObserver& observer) {
  observers_.push_back(&observer);
}

void Hub::remove_observer(HubObserver& observer) {
  std::erase(observers_, &observer);
}

Subscriber& Hub::open(identity::Actor actor, EventDoor& door, void* connection) {
  auto subscriber = std::make_unique<Subscriber>();
  subscriber->actor = actor;
  subscriber->door = &door;
  subscriber->connection = connection;
  Subscriber& out = *subscriber;
  const bool added = sessions_.try_emplace(actor.session, std::move(subscriber)).second;
  CONCLAVE_ASSERT(added);  // session ids are random; a resumed session is closed before it opens
  by_user_[{actor.tenant, actor.user}].push_back(&out);
  for (HubObserver* observer : observers_) observer->session_opened(out);
  return out;
}

void Hub::close(SessionId session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  Subscriber& subscriber = *found->second;
  for (HubObserver* observer : observers_) observer->session_closing(subscriber);
  const auto user = by_user_.find({subscriber.actor.tenant, subscriber.actor.user});
  std::erase(user->second, &subscriber);
  if (user->second.empty()) by_user_.erase(user);
  sessions_.erase(found);
}

Subscriber* Hub::find(SessionId session) {
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : found->second.get();
}

std::span<Subscriber* const> Hub::sessions_of(TenantId tenant, UserId user) const {
  const auto found = by_user_.find({tenant, user});
  if (found == by_user_.end()) return {};
  return found->second;
}

void Hub::publish(const Event& event, std::span<Subscriber* const> receivers) {
  if (receivers.empty()) return;
  EventDoor* const first = receivers.front()->door;
  if (std::ranges::all_of(receivers, [&](const Subscriber* each) { return each->door == first; })) {
    first->deliver(event, receivers);
    return;
  }
  std::vector<Subscriber*> rest(receivers.begin(), receivers.end());
  while (!rest.empty()) {
    EventDoor* const door = rest.front()->door;
    const auto middle =
        std::ranges::partition(rest, [&](const Subscriber* each) { return each->door != door; });
    const std::vector<Subscriber*> group(middle.begin(), middle.end());
    rest.erase(middle.begin(), rest.end());
    door->deliver(event, group);
  }
}

void Hub::publish_to_user(const Event& event, TenantId tenant, UserId user, SessionId except) {
  std::vector<Subscriber*> receivers;
  for (Subscriber* each : sessions_of(tenant, user)) {
    if (each->actor.session != except) receivers.push_back(each);
  }
  publish(event, receivers);
}

void Hub::publish_to_all(const Event& event) {
  std::vector<Subscriber*> receivers;
  receivers.reserve(sessions_.size());
  for (const auto& [session, subscriber] : sessions_) receivers.push_back(subscriber.get());
  publish(event, receivers);
}

void Hub::disconnect(SessionId session, std::uint16_t close_code, std::string_view reason) {
  Subscriber* const subscriber = find(session);
  if (subscriber != nullptr) subscriber->door->disconnect(*subscriber, close_code, reason);
}

}  // namespace conclave::sync
