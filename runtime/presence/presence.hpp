#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/identity/actor.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/sync/hub.hpp"
#include "runtime/sync/user_directory.hpp"
#include "runtime/sync/user_states.hpp"

namespace conclave::presence {

// What a device says of itself. `invisible` on one device hides the person on all of them and is
// remembered until another status is set.
enum class Status : std::uint8_t { online = 1, away = 2, busy = 3, invisible = 4 };
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

// Between two people, each direction on its own.
enum class Consent : std::uint8_t { none = 0, pending = 1, approved = 2, denied = 3 };
enum class Direction : std::uint8_t { outgoing = 1, incoming = 2 };  // I watch them; they watch me
[[nodiscard]] std::string_view to_text(Consent consent);      // "pending", "approved", "denied"
[[nodiscard]] std::string_view to_text(Direction direction);  // "out", "in"

struct Contact {
  UserId user;
  Direction direction{};
  Consent state{};
  std::optional<sync::PresenceState> presence;  // outgoing and approved only
};

struct Limits {
  std::size_t visible_users = 200;       // watched by one session
  std::size_t contacts = 1'000;          // of one person, both directions
  std::size_t states_per_tick = 20'000;  // deliveries; the rest waits for the next tick
  std::size_t text_bytes = 512;
  std::int64_t tick_ms = 1'000;
  std::int64_t away_after_ms = 10 * 60 * 1'000;  // without activity on any device
};

struct Parts {
  sync::Hub& hub;
  sync::UserStates& states;
  const sync::UserDirectory& users;
  const base::Clock& clock;
  observe::Metrics& metrics;
  boost::asio::any_io_executor executor;  // the shard's
  Limits limits;
};

class Core;

// Who is there: per device, merged per person, seen only by those whom the person let watch.
// Changes gather and go out once a tick, only what differs, to watchers only. On the shard's
// thread.
class Presence {
 public:
  explicit Presence(Parts parts);
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // Follows the Hub's sessions from now on; before the first of them opens.
  void start();
  Task<void> stop();

  Task<Result<void>> set(identity::Actor actor, Status status, std::optional<std::string> text);
  // The device did something; cheap, call it for every request.
  void touch(const identity::Actor& actor);
  // Looks for people who have become idle; runs by itself twice a minute.
  void sweep_idle();

  // Asks to watch; the other person is told (PresenceRequested) and approves or denies.
  // To the asker a denial looks like a request that waits.
  Task<Result<Consent>> subscribe(identity::Actor actor, UserId user);
  Task<Result<void>> unsubscribe(identity::Actor actor, UserId user);
  Task<Result<void>> approve(identity::Actor actor, UserId user);
  Task<Result<void>> deny(identity::Actor actor, UserId user);
  Task<Result<std::vector<Contact>>> list(identity::Actor actor);
  // Only of people whom the actor may watch; others are left out.
  Task<Result<std::vector<sync::PresenceState>>> get(identity::Actor actor,
                                                     std::vector<UserId> users);

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace conclave::presence
