#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

#include "policies/signals/country.hpp"
#include "policies/signals/geometry.hpp"
#include "runtime/base/ids.hpp"

// The facts that signals look at. Whoever fills them has done all looking up; nothing here is text
// from outside that was not parsed. "Not known" is an empty optional or a zero.
namespace conclave::signals {

// What lists, databases and the tenant say about an address.
enum class Trait : std::uint16_t {
  vpn = 1U << 0U,            // exit of a commercial VPN
  proxy = 1U << 1U,          // open, public or residential proxy
  tor = 1U << 2U,            // Tor exit
  hosting = 1U << 3U,        // data centre: machines live there, people do not
  mobile = 1U << 4U,         // a carrier's radio network
  carrier_nat = 1U << 5U,    // many customers of one carrier behind one address
  shared_egress = 1U << 6U,  // many people far apart leave through it: company, hotel chain
  satellite = 1U << 7U,      // aircraft, ships, satellite: the address says nothing of the place
  tenant_egress = 1U << 8U,  // the tenant's own VPN or office
  internal = 1U << 9U,       // not routed on the Internet
  allowed = 1U << 10U,       // the tenant vouches for it, whatever the lists say
};

class Traits {
 public:
  constexpr Traits() = default;
  constexpr Traits(std::initializer_list<Trait> list) {
    for (Trait trait : list) add(trait);
  }
  constexpr void add(Trait trait) { bits_ |= static_cast<std::uint16_t>(trait); }
  constexpr void remove(Trait trait) {
    bits_ = static_cast<std::uint16_t>(bits_ & ~static_cast<unsigned>(trait));
  }
  [[nodiscard]] constexpr bool has(Trait trait) const {
    return (bits_ & static_cast<std::uint16_t>(trait)) != 0;
  }
  [[nodiscard]] constexpr bool any(Traits of) const { return (bits_ & of.bits_) != 0; }
  [[nodiscard]] constexpr std::uint16_t bits() const { return bits_; }
  [[nodiscard]] static constexpr Traits from_bits(std::uint16_t bits) {
    Traits traits;
    traits.bits_ = bits;
    return traits;
  }
  constexpr Traits& operator|=(Traits other) {
    bits_ |= other.bits_;
    return *this;
  }

  friend constexpr bool operator==(Traits, Traits) = default;

 private:
  std::uint16_t bits_ = 0;
};

// Somebody between us and the person: the address is the relay's, and so is its place.
inline constexpr Traits kRelayTraits{Trait::vpn, Trait::proxy, Trait::tor, Trait::hosting};
// An address of these says in which country its owner is at home, at best.
inline constexpr Traits kPlacelessTraits{Trait::satellite, Trait::shared_egress,
                                         Trait::tenant_egress, Trait::internal};

struct NetworkFacts {
  CountryCode country;
  std::optional<Place> place;   // of a city database; its radius as stated or by default
  std::uint32_t as_number = 0;  // autonomous system
  Traits traits;

  // Listed as a relay and not vouched for by the tenant.
  [[nodiscard]] bool is_relay() const {
    return traits.any(kRelayTraits) && !traits.any({Trait::tenant_egress, Trait::allowed});
  }
};

// Where the address says that the person is, with a radius that fits what kind of network it is.
// Empty for relays, for placeless networks and when nothing is known.
[[nodiscard]] std::optional<Place> believed_place(const NetworkFacts& network);

// What the device says of itself, with consent. A clear text claim: it adds suspicion when it
// disagrees, and never clears any that the address raised.
struct DeviceFix {
  Place place;  // radius: the accuracy as reported
  std::int64_t age_s = 0;
};

// Measured by us on the connection; zero: not known.
struct PathFacts {
  double tcp_round_trip_ms = 0;          // least one; ends where TCP ends
  double application_round_trip_ms = 0;  // least one of pings inside TLS; ends at the client
  std::uint32_t mtu = 0;  // largest packet towards the client, IP header included, in bytes
};

enum class AccessType : std::uint8_t { unknown, wired, wifi, cellular, satellite };

// One look at one device of the user.
struct Sighting {
  std::int64_t at_s = 0;  // UTC, seconds since 1970
  base::DeviceId device;
  NetworkFacts network;
  std::optional<DeviceFix> fix;
  // A person was at it: a sign-in, a message written; not a reconnect by itself.
  bool attended = true;
  // As the device says. A phone abroad mostly keeps an address of its carrier at home.
  AccessType access = AccessType::unknown;

  [[nodiscard]] bool on_radio() const {
    return access == AccessType::cellular ||
           network.traits.any({Trait::mobile, Trait::carrier_nat});
  }
};

// Where others of the tenant on the same network (same /24, /48 or egress) are, by their fixes.
struct PeerFacts {
  std::uint32_t people = 0;
  Place place;  // median and the radius that holds half of them
};

struct Evidence {
  Sighting here;
  // Its key belongs to the user for a day at least, or was vouched for since: by a second factor or
  // by the primary device. Being let in once is no proof.
  bool known_device = false;
  std::optional<NetworkFacts> second;              // the device's other access network, seen by us
  std::optional<std::int32_t> utc_offset_minutes;  // east positive
  CountryCode locale_region;
  PathFacts path;
  std::optional<PeerFacts> peers;
  std::optional<Point> server;  // where this server stands; none: round trips say nothing
};

// The user's other sightings; any order; spans outlive the call.
struct History {
  std::span<const Sighting> recent;  // of each device the last one, and the last one off the radio
  std::span<const Sighting> online;  // devices connected right now
};

}  // namespace conclave::signals
