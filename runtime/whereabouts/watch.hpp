#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policies/document/policy.hpp"
#include "runtime/async/task.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/evidence/sources.hpp"
#include "runtime/sync/user_states.hpp"
#include "runtime/whereabouts/kept.hpp"
#include "runtime/whereabouts/neighbours.hpp"
#include "runtime/whereabouts/observation.hpp"

namespace conclave::whereabouts {

// Looks at where people are when they sign in, and remembers as little of it as the signals need:
// one sealed row a person (Kept), opened at the person's first sign-in and kept in memory while it
// is used. On the shard's thread.
//
//   co_await watch.prepare(tenant, user);         // an error: go on, with what is known without it
//   const Observation seen = watch.observe(input);
//   ... policy::decide with seen.network and seen.findings ...
//   watch.learn(tenant, user, seen, lesson_of(decision.score, proven));    // when it was let in
class Watch {
 public:
  struct PersonKey {
    TenantId tenant;
    UserId user;
    friend auto operator<=>(const PersonKey&, const PersonKey&) = default;
  };
  struct Limits {
    std::size_t people = 10'000;  // in memory; beyond, the longest unused leave once stored
    std::int64_t store_after_ms = 600'000;   // what was learnt is stored this long after
    std::size_t stores_at_once = 200;        // by one upkeep()
    std::size_t swept_at_once = 64;          // people whose rows one upkeep() lets expire
    std::int64_t report_ms = 6 * 3'600'000;  // how long a device's report counts
    std::int64_t second_ms = 900'000;        // and its second network
  };
  struct Parts {
    const evidence::Sources& sources;
    sync::UserStates& states;
    const base::Clock& clock;
    std::optional<signals::Point> server;  // where this server stands
    // The policy in force; the reference holds until the caller's next co_await.
    std::function<const policy::Policy&(TenantId)> policy_of;
    Limits limits;
    // Everybody who may have a row, in order: what nobody opens has to expire as well.
    std::function<std::vector<PersonKey>()> everybody = {};
  };
  explicit Watch(Parts parts);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Opens what is kept of the person, if it is not in memory already. What cannot be read for good
  // is left out; an error means that store or token do not answer.
  [[nodiscard]] Task<Result<void>> prepare(TenantId tenant, UserId user);

  // Everything that is known of a connection. Without prepare(), without history. 10 us.
  [[nodiscard]] Observation observe(const Input& input) const;

  // Of what was let in only, and not of what was let in with restrictions.
  void learn(TenantId tenant, UserId user, const Observation& seen, Lesson lesson);

  // What a device reports inside its session. `claims.fix` only with consent.
  void report(TenantId tenant, UserId user, DeviceId device, DeviceClaims claims,
              const std::optional<network::Address>& address);

  // The device was seen at a second address, which the server saw itself.
  void second_network(TenantId tenant, UserId user, DeviceId device,
                      const network::Address& address);

  // Whether the person agreed that devices tell where they are; set by whoever keeps consents.
  void set_consent(TenantId tenant, UserId user, bool given);

  // What is kept, expired things left out; nullptr when nothing is. After prepare(); valid until
  // the caller's next co_await.
  [[nodiscard]] const Kept* kept(TenantId tenant, UserId user);
  // Where the device was last: what its address says, or else what is kept after prepare().
  [[nodiscard]] Stay stay(TenantId tenant, UserId user, DeviceId device,
                          const std::optional<network::Address>& address) const;
  // Forgets habits, sightings and reports, in memory and on disk.
  [[nodiscard]] Task<Result<void>> erase(TenantId tenant, UserId user);

  // Stores what waits long enough, lets go of whom nobody needs; once a minute or so.
  [[nodiscard]] Task<void> upkeep();
  // Stores everything that waits.
  [[nodiscard]] Task<void> stop();

  [[nodiscard]] std::size_t people() const { return people_.size(); }

 private:
  struct Report {
    DeviceClaims claims;
    std::int64_t at_ms = 0;  // UTC
  };
  struct Second {
    signals::NetworkFacts network;
    std::int64_t at_ms = 0;  // UTC
  };
  struct Person {
    Kept kept;
    std::map<DeviceId, Report> reports;  // memory only, as the next
    std::map<DeviceId, Second> second;
    std::int64_t used_ms = 0;         // monotonic
    std::int64_t waits_since_ms = 0;  // monotonic; 0: stored as it is
    std::uint64_t changes = 0;
  };

  [[nodiscard]] Person* find(TenantId tenant, UserId user);
  [[nodiscard]] const Person* find(TenantId tenant, UserId user) const;
  void mark(Person& person);
  [[nodiscard]] signals::Evidence evidence_of(const Input& input, const policy::Policy& policy,
                                              const evidence::LookUp& found) const;
  [[nodiscard]] DeviceClaims claims_of(const Input& input, const Person* person) const;
  [[nodiscard]] Task<Result<void>> store(PersonKey key);
  void let_go();
  // Opens some rows that nobody has opened, so that what is too old in them goes.
  [[nodiscard]] Task<void> sweep();

  Parts parts_;
  std::map<PersonKey, std::unique_ptr<Person>> people_;
  std::map<PersonKey, bool> consents_;
  Neighbours neighbours_;
  PersonKey swept_;  // through whom the sweep has come
};

// What a decision's score (0 to 100) teaches; `proven`: a factor or the primary device vouched.
[[nodiscard]] Lesson lesson_of(std::int64_t score, bool proven);

}  // namespace conclave::whereabouts
