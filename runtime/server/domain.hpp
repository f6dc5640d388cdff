#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>

#include "runtime/admission/doorkeeper.hpp"
#include "runtime/admission/sign_in.hpp"
#include "runtime/async/blocking_pool.hpp"
#include "runtime/async/task_group.hpp"
#include "runtime/audit/anchor.hpp"
#include "runtime/authorities/authorities.hpp"
#include "runtime/changes/changes.hpp"
#include "runtime/chat/chat.hpp"
#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"
#include "runtime/erasure/key_eraser.hpp"
#include "runtime/factors/factors.hpp"
#include "runtime/factors/password_rules.hpp"
#include "runtime/identity/account.hpp"
#include "runtime/identity/administration.hpp"
#include "runtime/identity/bootstrap.hpp"
#include "runtime/orders/orders.hpp"
#include "runtime/presence/presence.hpp"
#include "runtime/rules/book.hpp"
#include "runtime/server/people.hpp"
#include "runtime/whereabouts/disclosure.hpp"

namespace conclave::server {

// The domain of one shard, wired: identity, sync, chat, presence over one store and one key
// service. Built on any thread; everything else on the shard's thread. Members are declared in the
// order of their dependencies and destroyed the other way round.
class Domain {
 public:
  struct Parts {
    const config::Config& config;
    const config::StatePaths& paths;
    store::ContentStore& store;
    hsm::api::KeyService& keys;
    async::BlockingPool& argon2;
    observe::Metrics& metrics;
    boost::asio::any_io_executor executor;  // the shard's
    const evidence::Sources& location;
    chat::PressureGate* gate = nullptr;
  };
  explicit Domain(Parts parts);
  ~Domain();
  Domain(const Domain&) = delete;
  Domain& operator=(const Domain&) = delete;

  // Reads the store, checks the rows of power, makes the provider's tenant on a first start. While
  // the token does not answer it waits and says so in the log; other errors end the start.
  [[nodiscard]] Task<Result<void>> start();
  // Ends background work and stores what is pending.
  [[nodiscard]] Task<void> stop();
  // Everything that start() does is done.
  [[nodiscard]] bool started() const { return started_; }

 private:
  [[nodiscard]] Task<Result<void>> start_once(std::shared_ptr<const store::Snapshot> snapshot);
  [[nodiscard]] Task<void> upkeep();
  [[nodiscard]] Task<void> keep_anchor();
  void connect();
  // The policy that holds for a tenant.
  [[nodiscard]] std::function<const policy::Policy&(TenantId)> in_force() const;
  // What admission asks the other modules of the domain.
  [[nodiscard]] admission::Knowledge make_knowledge();
  [[nodiscard]] Task<Result<void>> verified(TenantId tenant, UserId user, DeviceId device,
                                            admission::Proof proof);
  [[nodiscard]] std::string challenge_for(TenantId tenant, UserId user);
  [[nodiscard]] Task<void> prepare_watch(TenantId tenant, UserId user);
  [[nodiscard]] std::vector<whereabouts::Watch::PersonKey> everybody() const;
  // There is new evidence: sessions of the device are looked at again.
  void look_again(TenantId tenant, UserId user, DeviceId device);
  // Adds what many sign-ins together say of a new device.
  void add_crowd(const admission::Candidate& candidate, whereabouts::Observation* seen) const;
  void note_crowd(const admission::Candidate& candidate);
  [[nodiscard]] whereabouts::Observation watched(const admission::Candidate& candidate) const;
  // Who may ban and order: admission knows.
  [[nodiscard]] orders::StrongEnough strength();
  // Holds the rows against the token; locks them when they were rolled back.
  [[nodiscard]] Task<Result<void>> check_anchor();
  [[nodiscard]] Result<void> check_trail() const;

  // Until when a device's certificate proves what it came in by; then it is looked at again.
  struct Certified {
    UserId user;
    std::int64_t until_ms = 0;  // UTC
  };
  void note_certificate(const admission::Candidate& candidate);
  void look_at_expired();
  std::map<std::pair<TenantId, DeviceId>, Certified> certified_;

  Parts parts_;
  bool started_ = false;
  bool stopping_ = false;

 public:  // the doors take these by reference; the composition root is the only one that sees a
          // Domain
  audit::Trail trail;
  audit::Anchor anchor;
  identity::Directory directory;
  identity::Sessions sessions;
  identity::Passwords passwords;
  identity::Throttle throttle;
  identity::HelloNonces nonces;
  identity::RowWriter writer;
  rules::Book rules;
  changes::Changes changes;
  authorities::Authorities authorities;
  erasure::KeyEraser eraser;
  sync::Hub hub;
  admission::Knowledge knowledge;
  admission::Crowds crowds;
  admission::Approvals approvals;
  admission::Recovery recovery;
  admission::Doorkeeper doorkeeper;
  admission::AttestationRoots attestation;
  admission::SignIn sign_in;
  identity::Account account;
  factors::Factors factors;
  factors::Persons persons;
  factors::PasswordRules password_judge;
  People people;
  sync::Ledger ledger;
  sync::UserStates states;
  whereabouts::Watch watch;
  whereabouts::Disclosure disclosure;
  chat::Chat chat;
  presence::Presence presence;
  identity::Administration administration;
  identity::Bootstrap bootstrap;
  orders::Bans bans;
  orders::Orders orders;

 private:
  async::TaskGroup tasks_;
};

}  // namespace conclave::server
