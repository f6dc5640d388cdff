#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "policies/signals/evidence.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/network/address.hpp"

namespace conclave::whereabouts {

// Where people of a tenant on the same network (/24 of IPv4, /48 of IPv6) were by their devices'
// fixes within the last hours. In memory only, never stored. One thread.
class Neighbours {
 public:
  static constexpr std::int64_t kFresh_s = 12 * 3'600;
  static constexpr std::size_t kMostNetworks = 20'000;  // the longest unused makes room
  static constexpr std::size_t kMostPeople = 32;        // of one network, newest

  void saw(TenantId tenant, UserId user, const network::Address& address,
           const signals::Point& point, std::int64_t at_s);
  // Of others than `user`; none when nobody is known.
  [[nodiscard]] std::optional<signals::PeerFacts> around(TenantId tenant, UserId user,
                                                         const network::Address& address,
                                                         std::int64_t at_s) const;
  // Consent was withdrawn.
  void forget(TenantId tenant, UserId user);

 private:
  struct Fix {
    signals::Point point;
    std::int64_t at_s = 0;
  };
  struct Key {
    TenantId tenant;
    network::Address network;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Place {
    std::map<UserId, Fix> people;
    std::int64_t used_s = 0;
  };
  [[nodiscard]] static Key key_of(TenantId tenant, const network::Address& address);

  std::map<Key, Place> networks_;
};

}  // namespace conclave::whereabouts
