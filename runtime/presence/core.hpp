#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "runtime/async/task_group.hpp"
#include "runtime/presence/contacts.hpp"
#include "runtime/sync/once_timer.hpp"

namespace conclave::presence {

// Sessions, what they say, who watches whom, and what watchers were last told. On the shard's
// thread.
class Core : public sync::HubObserver {
 public:
  explicit Core(Parts given);
  ~Core() override;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void start() { parts.hub.add_observer(*this); }
  void session_opened(sync::Subscriber& subscriber) override;
  void session_closing(sync::Subscriber& subscriber) override;
  void touch(const identity::Actor& actor);
  void set_status(const identity::Actor& actor, Status status);
  // Something that others may see has changed: they are told with the next tick.
  void mark_dirty(const UserKey& user);
  // As others may see it now.
  [[nodiscard]] sync::PresenceState visible(const UserKey& user);
  [[nodiscard]] bool online(const UserKey& user) const { return people_.contains(user); }
  // Starts and ends what `watcher`'s sessions hear of `target`; both tell them at once.
  void watch(const UserKey& watcher, UserId target);
  void unwatch(const UserKey& watcher, UserId target);
  // Drops what was loaded of somebody who is not here.
  void release(const UserKey& user);
  void tick();
  void sweep_idle();
  Task<void> stop();

  Parts parts;
  Contacts contacts;

 private:
  struct Device {
    Status status = Status::online;
    bool chose = false;  // the device said so; else the person's remembered status counts
    std::int64_t active_utc_ms = 0;
    std::int64_t active_monotonic_ms = 0;
  };
  struct Online {
    std::map<SessionId, Device> devices;
    bool idle = false;  // as last seen by sweep_idle or touch
  };
  struct Told {
    std::string status = "offline";
    std::string text;
    std::int64_t last_active_ms = 0;
  };

  Task<void> arrive(UserKey user, SessionId session);
  void watch_session(sync::Subscriber& subscriber, UserId target);
  void unwatch_session(sync::Subscriber& subscriber, UserId target);
  [[nodiscard]] Told merged(const UserKey& user);
  [[nodiscard]] bool is_idle(const Online& online) const;
  std::size_t collect(const UserKey& user,
                      std::map<sync::Subscriber*, std::vector<sync::PresenceState>>& out);

  async::TaskGroup tasks_;
  std::map<UserKey, Online> people_;
  std::map<UserKey, Told> told_;
  std::map<UserKey, std::vector<sync::Subscriber*>> watchers_;
  std::unordered_map<SessionId, std::vector<UserId>> watched_;  // by each session
  std::deque<UserKey> dirty_;
  std::set<UserKey> dirty_set_;
  sync::OnceTimer tick_timer_;
  sync::OnceTimer idle_timer_;
  observe::Counter deltas_total_;
};

}  // namespace conclave::presence
