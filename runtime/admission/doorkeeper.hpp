#pragma once

#include <string>

#include "hsm/api/key_service.hpp"
#include "runtime/admission/gatherer.hpp"
#include "runtime/admission/rehearsal.hpp"
#include "runtime/admission/tickets.hpp"
#include "runtime/base/random.hpp"
#include "runtime/observe/metrics.hpp"

namespace conclave::admission {

// Lets candidates whose proof held in, as the tenant's policy decides, and looks at open sessions
// again. On the shard's thread.
//
// From the facts to the session's place nothing suspends, so that caps are exact however many sign
// in at once: the place is taken first, the newcomer's row is stored after, and a place whose row
// could not be stored is given back.
class Doorkeeper {
 public:
  struct Parts {
    identity::Directory& directory;
    identity::Sessions& sessions;
    identity::RowWriter& writer;
    hsm::api::KeyService& keys;
    sync::Hub& hub;
    Approvals& approvals;
    Recovery& recovery;
    const Knowledge& knowledge;
    const base::Clock& clock;
    base::Random& random;
    observe::Metrics& metrics;
    std::size_t devices_per_user = 64;
    std::string audience = "conclave";
  };
  explicit Doorkeeper(Parts parts);

  // kNotAllowed, kStepUpNeeded (with a ticket), identity::kTenantConnections, kDeviceLimit.
  // `ticket`: the one that the candidate waited with.
  [[nodiscard]] Task<Result<SignedIn>> admit(Candidate candidate,
                                             std::optional<Bytes> ticket = std::nullopt);
  // One more proof of a sign-in that waits: kTicketUnknown, kApprovalPending, kSmsOnGsm,
  // factors::kFactorWrong, ...
  [[nodiscard]] Task<Result<SignedIn>> step_up(Bytes ticket, Proof proof,
                                               identity::ConnectionFacts connection);
  // The person has no primary device any more and begins to wait: when the wait is over, UTC ms.
  [[nodiscard]] Task<Result<std::int64_t>> begin_recovery(Bytes ticket);

  // A factor shown inside a session; it counts for the device from then on. A restricted session
  // that is no longer held back ends as `changed`: its device proves its key again.
  [[nodiscard]] Task<Result<void>> verify(identity::Actor actor, Proof proof);
  // For acts on other devices: from the primary, or after a fresh factor, or when the user has
  // neither a primary nor a factor. kStrengthNeeded.
  [[nodiscard]] Result<void> strong_enough(const identity::Actor& actor) const;
  // The caller's device becomes the primary: by its own act when there is none, else by the old
  // one.
  [[nodiscard]] Task<Result<void>> make_primary(identity::Actor actor, DeviceId device);

  // What would be decided about this candidate now, without doing it.
  [[nodiscard]] Task<policy::Decision> explain(Candidate candidate);
  // What `rules` would do to the tenant's devices, with and without a session. Nothing is done.
  [[nodiscard]] Task<Rehearsal> rehearse(TenantId tenant, policy::Policy rules);

  // Looks again at the sessions whose time has come, a few hundred at most; once a second.
  [[nodiscard]] Task<void> look_around();
  // Forgets what expired; once an hour devices that were idle for too long are revoked. Once a
  // minute or so.
  [[nodiscard]] Task<void> upkeep();
  // All sessions of the tenant are due at once.
  void policy_changed(TenantId tenant);
  // The same for one account: its password was changed.
  void account_changed(TenantId tenant, UserId user);

  [[nodiscard]] Task<Result<hsm::api::AccessToken>> token(SessionId session);
  void sweep();

 private:
  [[nodiscard]] const policy::Policy& policy_of(TenantId tenant) const;
  [[nodiscard]] Result<void> usable(const Candidate& candidate) const;
  // Refused: recorded, the user's devices told.
  [[nodiscard]] Task<Error> turn_away(Candidate candidate, policy::Decision decision);
  [[nodiscard]] Error ask_more(Candidate candidate, const policy::Decision& decision,
                               std::optional<Bytes> ticket);
  // The device is where others can read an SMS, and the tenant does not put up with it (X.1606
  // 8.1.2).
  [[nodiscard]] bool on_gsm(const Candidate& candidate) const;
  [[nodiscard]] Task<Result<SignedIn>> ask_primary(Candidate candidate, Bytes ticket);
  // Makes room and takes the place. No suspension.
  [[nodiscard]] SessionId take_place(const Candidate& candidate, const policy::Decision& decision);
  // What the decision changes in the device's row; nothing for most returns.
  [[nodiscard]] Task<Result<void>> keep_device(Candidate candidate, policy::Decision decision);
  [[nodiscard]] Task<Result<void>> store_newcomer(Candidate candidate, policy::Decision decision);
  [[nodiscard]] Task<Result<void>> change_device(Candidate candidate, policy::Decision decision);
  [[nodiscard]] Task<Result<SignedIn>> welcome(SessionId session, Candidate candidate,
                                               policy::Decision decision);
  [[nodiscard]] Task<Result<void>> set_primary(identity::Actor actor, DeviceId device,
                                               bool recovered);
  // When a session that was let in so is looked at again, UTC ms.
  [[nodiscard]] static std::int64_t next_look(const policy::Decision& decision,
                                              std::int64_t now_ms);
  void learn(const Candidate& candidate, const Observation& observation,
             const policy::Decision& decision, bool proven);
  void notify(const Candidate& candidate, const policy::Decision& decision, std::string_view change,
              SessionId except);
  [[nodiscard]] std::optional<Candidate> seated(TenantId tenant, DeviceId device,
                                                SessionId session) const;
  [[nodiscard]] Task<void> look_again(SessionId session);
  [[nodiscard]] Task<void> expire_devices();

  Parts parts_;
  Gatherer gatherer_;
  Tickets tickets_;
  std::int64_t expired_ms_ = 0;  // monotonic: when devices were last expired
  observe::Counter accepted_;
  observe::Counter restricted_;
  observe::Counter stepped_up_;
  observe::Counter turned_away_;
};

}  // namespace conclave::admission
