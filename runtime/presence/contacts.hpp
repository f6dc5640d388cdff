#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/presence/presence.hpp"

namespace conclave::presence {

struct UserKey {
  TenantId tenant;
  UserId user;
  friend auto operator<=>(const UserKey&, const UserKey&) = default;
};

// What is kept of one person: whom they watch, who watches them, and what they said of themselves.
struct Person {
  bool loaded = false;
  std::map<UserId, Consent> watches;   // outgoing
  std::map<UserId, Consent> watchers;  // incoming
  Status chosen = Status::online;
  std::string text;
};

// Consents and chosen status, sealed among the person's own rows (keys "presence.*"): an entry of
// one person is written under that person's key only, so each direction stands on both sides. Read
// when the person is first needed. On the shard's thread.
class Contacts {
 public:
  explicit Contacts(sync::UserStates& states) : states_(states) {}

  // The reference is good until the person is forgotten; never across another person's load.
  Task<Result<Person*>> load(UserKey key);
  [[nodiscard]] Person* find(const UserKey& key);
  void forget(const UserKey& key) { people_.erase(key); }

  // Both sides of one direction: `from` watches `to`.
  Task<Result<void>> set(TenantId tenant, UserId from, UserId to, Consent consent);
  // Only what the watched person decided; a denial is not shown to the watcher.
  Task<Result<void>> set_incoming(TenantId tenant, UserId owner, UserId watcher, Consent consent);
  Task<Result<void>> set_self(UserKey key, Status status, std::string text);

 private:
  Task<Result<void>> store_side(UserKey owner, std::string key, Consent consent);

  sync::UserStates& states_;
  std::map<UserKey, Person> people_;
  std::uint64_t writes_ = 0;  // begun and ended
};

}  // namespace conclave::presence
