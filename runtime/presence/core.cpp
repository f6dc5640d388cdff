#include "runtime/presence/core.hpp"

#include <algorithm>

#include "runtime/observe/log.hpp"

namespace conclave::presence {
namespace {
constexpr std::int64_t kIdleSweepMs = 30'000;
}

Core::Core(Parts given)
    : parts(given),
      contacts(given.states),
      tasks_(given.executor),
      tick_timer_(given.executor, [this] { tick(); }),
      idle_timer_(given.executor, [this] { sweep_idle(); }),
      deltas_total_(given.metrics.counter("conclave_presence_deltas_total",
                                          "Changes of presence sent, one a watching session.")) {}

Core::~Core() {
  parts.hub.remove_observer(*this);
}

void Core::session_opened(sync::Subscriber& subscriber) {
  const auto& actor = subscriber.actor;
  const UserKey key{actor.tenant, actor.user};
  people_[key].devices[actor.session] = {Status::online, false, parts.clock.utc_ms(),
                                         parts.clock.monotonic_ms()};
  people_[key].idle = false;
  idle_timer_.arm(kIdleSweepMs);
  tasks_.spawn(arrive(key, actor.session));
}

// Others see nothing of a person before the remembered status is known: an invisible one stays so.
Task<void> Core::arrive(UserKey user, SessionId session) {
  const auto person = co_await contacts.load(user);
  if (!person) {
    observe::warn("presence.not_loaded", {{"user", user.user}, {"error", person.error()}});
    co_return;
  }
  sync::Subscriber* const subscriber = parts.hub.find(session);
  if (subscriber == nullptr) {
    release(user);
    co_return;
  }
  for (const auto& [target, consent] : (*person)->watches) {
    if (consent == Consent::approved) watch_session(*subscriber, target);
  }
  mark_dirty(user);
}

void Core::session_closing(sync::Subscriber& subscriber) {
  const auto& actor = subscriber.actor;
  const UserKey key{actor.tenant, actor.user};
  if (const auto watched = watched_.find(actor.session); watched != watched_.end()) {
    for (const UserId target : std::vector(watched->second)) unwatch_session(subscriber, target);
    watched_.erase(actor.session);
  }
  const auto found = people_.find(key);
  if (found == people_.end()) return;
  // The visible state is kept for watchers; the time of the last device to go stays with it.
  const Told last = merged(key);
  found->second.devices.erase(actor.session);
  if (found->second.devices.empty()) {
    people_.erase(found);
    Told& told = told_[key];
    told.last_active_ms = std::max(told.last_active_ms, last.last_active_ms);
  }
  mark_dirty(key);
}

void Core::release(const UserKey& user) {
  if (!online(user)) contacts.forget(user);
}

bool Core::is_idle(const Online& person) const {
  const std::int64_t limit = parts.clock.monotonic_ms() - parts.limits.away_after_ms;
  return std::ranges::all_of(person.devices, [&](const auto& device) {
    return device.second.active_monotonic_ms < limit;
  });
}

void Core::touch(const identity::Actor& actor) {
  const UserKey key{actor.tenant, actor.user};
  const auto found = people_.find(key);
  if (found == people_.end()) return;
  const auto device = found->second.devices.find(actor.session);
  if (device == found->second.devices.end()) return;
  device->second.active_utc_ms = parts.clock.utc_ms();
  device->second.active_monotonic_ms = parts.clock.monotonic_ms();
  if (!found->second.idle) return;
  found->second.idle = false;
  mark_dirty(key);
}

void Core::sweep_idle() {
  for (auto& [key, person] : people_) {
    const bool idle = is_idle(person);
    if (idle == person.idle) continue;
    person.idle = idle;
    mark_dirty(key);
  }
  if (!people_.empty()) idle_timer_.arm(kIdleSweepMs);
}

void Core::set_status(const identity::Actor& actor, Status status) {
  const UserKey key{actor.tenant, actor.user};
  const auto found = people_.find(key);
  if (found == people_.end()) return;
  for (auto& [session, device] : found->second.devices) {
    // Another status ends invisibility on every device, as invisibility began on every device.
    if (session == actor.session || device.status == Status::invisible) {
      device.status = status;
      device.chose = true;
    }
  }
  mark_dirty(key);
}

Core::Told Core::merged(const UserKey& user) {
  Told out;
  if (const auto told = told_.find(user); told != told_.end()) {
    out.last_active_ms = told->second.last_active_ms;
  }
  const auto found = people_.find(user);
  const Person* const person = contacts.find(user);
  if (found == people_.end() || person == nullptr) return out;
  bool busy = false;
  bool there = false;
  bool invisible = person->chosen == Status::invisible;
  std::int64_t active_ms = 0;
  for (const auto& [session, device] : found->second.devices) {
    const Status status = device.chose ? device.status : person->chosen;
    invisible = invisible || status == Status::invisible;
    busy = busy || status == Status::busy;
    there = there || status == Status::online;
    active_ms = std::max(active_ms, device.active_utc_ms);
  }
  if (invisible) return out;  // as offline, with the time when the person was last seen
  out.text = person->text;
  out.last_active_ms = active_ms;
  out.status = busy ? "busy" : (there && !found->second.idle ? "online" : "away");
  return out;
}

sync::PresenceState Core::visible(const UserKey& user) {
  Told now = merged(user);
  return {user.user, std::move(now.status), std::move(now.text), now.last_active_ms};
}

void Core::mark_dirty(const UserKey& user) {
  if (!dirty_set_.insert(user).second) return;
  dirty_.push_back(user);
  tick_timer_.arm(parts.limits.tick_ms);
}

void Core::watch_session(sync::Subscriber& subscriber, UserId target) {
  auto& watched = watched_[subscriber.actor.session];
  if (watched.size() >= parts.limits.visible_users) return;
  if (std::ranges::find(watched, target) != watched.end()) return;
  watched.push_back(target);
  watchers_[{subscriber.actor.tenant, target}].push_back(&subscriber);
}

void Core::unwatch_session(sync::Subscriber& subscriber, UserId target) {
  const UserKey key{subscriber.actor.tenant, target};
  std::erase(watched_[subscriber.actor.session], target);
  const auto found = watchers_.find(key);
  if (found == watchers_.end()) return;
  std::erase(found->second, &subscriber);
  if (!found->second.empty()) return;
  watchers_.erase(found);
  if (!online(key)) told_.erase(key);  // nobody is left who could be told again
}

void Core::watch(const UserKey& watcher, UserId target) {
  const auto sessions = parts.hub.sessions_of(watcher.tenant, watcher.user);
  for (sync::Subscriber* each : sessions) watch_session(*each, target);
  sync::PresenceChanged event;
  event.states.push_back(visible({watcher.tenant, target}));
  parts.hub.publish(event, sessions);
}

void Core::unwatch(const UserKey& watcher, UserId target) {
  const auto sessions = parts.hub.sessions_of(watcher.tenant, watcher.user);
  for (sync::Subscriber* each : sessions) unwatch_session(*each, target);
  sync::PresenceChanged event;
  event.states.push_back({target, "offline", {}, 0});
  parts.hub.publish(event, sessions);
}

std::size_t Core::collect(const UserKey& user,
                          std::map<sync::Subscriber*, std::vector<sync::PresenceState>>& out) {
  Told now = merged(user);
  const auto watching = watchers_.find(user);
  const auto before = told_.find(user);
  const bool same = before == told_.end()
                        ? now.status == "offline"
                        : before->second.status == now.status && before->second.text == now.text;
  if (watching == watchers_.end() && !online(user)) {
    if (before != told_.end()) told_.erase(before);
    return 0;
  }
  told_[user] = now;
  if (same || watching == watchers_.end()) return 0;
  std::size_t count = 0;
  for (sync::Subscriber* each : watching->second) {
    if (!each->wants_presence) continue;
    out[each].push_back({user.user, now.status, now.text, now.last_active_ms});
    ++count;
  }
  return count;
}

void Core::tick() {
  std::map<sync::Subscriber*, std::vector<sync::PresenceState>> deltas;
  std::size_t deliveries = 0;
  while (!dirty_.empty() && deliveries < parts.limits.states_per_tick) {
    const UserKey user = dirty_.front();
    dirty_.pop_front();
    dirty_set_.erase(user);
    deliveries += collect(user, deltas);
  }
  for (auto& [subscriber, states] : deltas) {
    sync::Subscriber* const one[] = {subscriber};
    parts.hub.publish(sync::PresenceChanged{std::move(states)}, one);
  }
  deltas_total_.add(static_cast<double>(deliveries));
  if (!dirty_.empty()) tick_timer_.arm(parts.limits.tick_ms);
}

Task<void> Core::stop() {
  tick_timer_.cancel();
  idle_timer_.cancel();
  (void)co_await async::await_callback<void>([&](auto done) {
    auto held = std::make_shared<Callback<void>>(std::move(done));  // the callee copies
    tasks_.close([held] { (*held)({}); });
  });
}

}  // namespace conclave::presence
