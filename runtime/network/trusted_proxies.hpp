#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.hpp"
#include "runtime/network/address.hpp"

namespace conclave::network {

// The load balancers whose word on the client's address counts. Everybody else's is ignored or
// refused, because everybody can write it.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  explicit TrustedProxies(std::vector<Prefix> networks) : networks_(std::move(networks)) {}
  // kListRefused names the text that is no network.
  [[nodiscard]] static Result<TrustedProxies> parse(std::span<const std::string> texts);

  [[nodiscard]] bool empty() const { return networks_.empty(); }
  [[nodiscard]] bool holds(const Address& address) const;

  // The client behind the peer of the socket, by the values of X-Forwarded-For in the order of
  // their lines: read from the right, where the nearest proxy wrote, as long as the hop before is
  // trusted. A peer that is not trusted is itself the client, whatever it sends; so is the last
  // trusted hop when what it reports cannot be read.
  [[nodiscard]] Address client_of(const Address& peer,
                                  std::span<const std::string_view> forwarded_for) const;

 private:
  std::vector<Prefix> networks_;
};

}  // namespace conclave::network
