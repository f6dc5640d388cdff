#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/identity/account.hpp"
#include "runtime/whereabouts/consents.hpp"
#include "runtime/whereabouts/second_network.hpp"
#include "runtime/whereabouts/watch.hpp"

namespace conclave::whereabouts {

// What a device reports, as it came over the wire.
struct Told {
  std::optional<std::string> position;  // geo URI
  std::int64_t position_age_s = 0;
  std::optional<std::string> utc_offset;
  std::optional<std::string> locale;  // language tag
  policy::Access access = policy::Access::unknown;
};

// What is kept about a person, for that person.
struct KeptView {
  struct Counted {
    std::string what;  // country, AS number, geo URI of a town-sized square
    std::int64_t days = 0;
  };
  struct Seen {
    DeviceId device;
    std::int64_t at_ms = 0;
    std::string country;
    std::uint32_t as_number = 0;
    std::optional<std::string> position;  // the device's fix
    std::int64_t position_until_ms = 0;   // when it is forgotten
  };
  Consent consent;
  std::vector<Counted> countries;
  std::vector<Counted> networks;
  std::vector<Counted> towns;
  std::vector<Seen> sightings;
};

// What people tell of where they are, and what they see and erase of it: methods location.* of the
// native protocol. On the shard's thread.
class Disclosure {
 public:
  struct Parts {
    Watch& watch;
    identity::RowWriter& writer;
    const base::Clock& clock;
    base::Random& random;
    std::function<const policy::Policy&(TenantId)> policy_of;  // as Watch::Parts has it
  };
  explicit Disclosure(Parts parts);

  // At a start, once the rows were checked.
  void load(const identity::SoundRows& rows);
  // Called when there is new evidence about a device's session, which is then to be judged anew.
  void on_change(std::function<void(TenantId, UserId, DeviceId)> hook) { hook_ = std::move(hook); }

  // kConsentNeeded for a position without consent; kPositionInvalid, kOffsetInvalid.
  [[nodiscard]] Task<Result<void>> report(identity::Actor actor, Told told,
                                          std::optional<network::Address> address);
  [[nodiscard]] Consent consent(const identity::Actor& actor) const;
  // Withdrawn: what devices told of where they were is erased.
  [[nodiscard]] Task<Result<Consent>> set_consent(identity::Actor actor, bool given,
                                                  std::string text);
  // Where each of the caller's devices was last. What is kept is left out while it cannot be read.
  [[nodiscard]] Task<std::vector<Stay>> stays(identity::Actor actor,
                                              std::vector<identity::DeviceView> devices);
  [[nodiscard]] Task<Result<KeptView>> view(identity::Actor actor);
  [[nodiscard]] Task<Result<void>> erase(identity::Actor actor);

  struct Ticket {
    Bytes token;
    std::int64_t expires_ms = 0;  // UTC
  };
  [[nodiscard]] Ticket second_network(const identity::Actor& actor,
                                      const std::optional<network::Address>& address);
  // From whoever holds the token. kTokenInvalid, kSameNetwork.
  [[nodiscard]] Result<void> present(ByteView token,
                                     const std::optional<network::Address>& address);

 private:
  Parts parts_;
  Consents consents_;
  SecondNetwork second_;
  std::function<void(TenantId, UserId, DeviceId)> hook_;
};

}  // namespace conclave::whereabouts
