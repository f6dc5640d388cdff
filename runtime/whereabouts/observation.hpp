#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/engine/facts.hpp"
#include "policies/signals/evidence.hpp"
#include "runtime/identity/connection_facts.hpp"
#include "runtime/network/address.hpp"

namespace conclave::whereabouts {

// What a device says of itself: claims in clear, checked against what is measured, never believed
// alone.
struct DeviceClaims {
  std::optional<signals::DeviceFix> fix;           // used only with the person's consent
  std::optional<std::int32_t> utc_offset_minutes;  // east positive
  signals::CountryCode locale_region;
  policy::Access access = policy::Access::unknown;
};

// Another device of the person whose connection stands.
struct OnlineDevice {
  DeviceId device;
  std::int64_t active_ms = 0;  // UTC; when somebody last did something on it
};

// A connection of a person that is to be judged: a sign-in, or a session that is looked at again.
struct Input {
  TenantId tenant;
  UserId user;
  DeviceId device;                          // none: a device that is not enrolled yet
  std::optional<network::Address> address;  // the client's, behind trusted proxies
  signals::PathFacts path;                  // nothing of it when TCP ends at a proxy of ours
  bool client_certificate = false;          // one of the tenant's authorities stands behind it
  std::string certificate_refused;          // why a presented one does not count; empty: none did
  DeviceClaims claims;   // what was not claimed here is taken from the device's newest report
  bool attended = true;  // a person is at it; false for a reconnect by itself
  std::vector<OnlineDevice> online;
};

// What the door knows of the connection, for `device` of `user`.
[[nodiscard]] Input input_of(TenantId tenant, UserId user, DeviceId device,
                             const identity::ConnectionFacts& facts);

// What is known of it, for the engine and for people.
struct Observation {
  policy::NetworkFacts network;
  std::vector<policy::FindingFacts> findings;
  bool location_consent = false;
  bool known_device = false;   // a day old, or vouched for since
  std::string place;           // "Berlin, DE", "DE"; empty: not known
  signals::Evidence evidence;  // for Watch::learn
};

// Where a device was when it was last seen, for the list of a person's devices.
struct Stay {
  std::string place;    // as Observation has it
  std::string country;  // ISO 3166-1, two letters; empty: not known
  std::uint32_t as_number = 0;
  policy::Access access = policy::Access::unknown;
};

}  // namespace conclave::whereabouts
