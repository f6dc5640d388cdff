#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hsm/api/key_service.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/identity/actor.hpp"
#include "runtime/store/content_store.hpp"
#include "runtime/sync/hub.hpp"
#include "runtime/sync/ledger.hpp"

namespace conclave::sync {

struct UserStateView {
  std::string key;
  std::string value;  // JSON text; empty when deleted
  bool deleted = false;
  std::uint64_t pos = 0;
};
struct UserStatePage {
  std::vector<UserStateView> states;
  std::optional<std::string> next;  // pass as `after`
};

struct UserStateChanges {
  std::vector<UserStateView> states;   // by position
  std::uint64_t complete_through = 0;  // nothing up to here is missing
};

// A person's own settings, drafts and mutes: the same on every device, last write wins, sealed
// under the person's author key. Every change goes to all of the person's devices at once. On the
// shard's thread.
class UserStates {
 public:
  struct Parts {
    store::ContentStore& store;
    hsm::api::KeyService& keys;
    Ledger& ledger;
    Hub& hub;
    const base::Clock& clock;
  };
  static constexpr std::size_t kValueBytes = 16 * 1024;
  static constexpr std::size_t kKeysPerUser = 5'000;

  explicit UserStates(Parts parts) : parts_(parts) {}

  // Keys: "settings.<name>", "draft.<room>", "mute.<room>". `value` is JSON text, checked by the
  // door.
  Task<Result<void>> set(identity::Actor actor, std::string key, std::string value);
  Task<Result<UserStateView>> get(identity::Actor actor, std::string key);
  // Without tombstones, by key.
  Task<Result<UserStatePage>> list(identity::Actor actor, std::string after, std::size_t limit);
  Task<Result<void>> remove(identity::Actor actor, std::string key);

  // For the feed: devices' rows with tombstones, positions in (after, through], at least one when
  // there is one.
  Task<Result<UserStateChanges>> changed(TenantId tenant, UserId user, std::uint64_t after,
                                         std::uint64_t through, std::size_t limit);

  // For other modules' own rows of a person ("presence.…", "location.…"): never sent to devices, no
  // events. An empty value deletes. Values need not be text.
  Task<Result<void>> set_internal(TenantId tenant, UserId user, std::string key, std::string value);
  // None when there is no such row, or its key was destroyed.
  Task<Result<std::optional<std::string>>> get_internal(TenantId tenant, UserId user,
                                                        std::string key);
  Task<Result<std::vector<UserStateView>>> list_internal(TenantId tenant, UserId user,
                                                         std::string prefix);

 private:
  using Rows = std::vector<store::UserStateRow>;

  // `from`: the session that asks; none for internal rows, of which nobody is told.
  Task<Result<void>> put(TenantId tenant, UserId user, SessionId from, std::string key,
                         std::string value, bool deleted);
  Task<Result<void>> commit(store::UserStateRow row, SessionId from, std::string value);
  Task<Result<Rows>> read_all(TenantId tenant, UserId user);
  Task<Result<std::vector<UserStateView>>> open(Rows rows);

  Parts parts_;
};

}  // namespace conclave::sync
