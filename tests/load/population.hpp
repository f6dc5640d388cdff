#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/load/device.hpp"

// The tenants and the people of the bench, made over the management API.
namespace conclave::load {

// The tenant of all scenarios, under the shipped policy `open`, and one under `strict` as far as a
// lone device at a loopback address can sign in: docs/performance.md names the keys.
inline constexpr std::string_view kOpenTenant = "bench.test";
inline constexpr std::string_view kStrictTenant = "strict.test";

class Population {
 public:
  // Makes the first administrator with the one-time secret, and the first tenant.
  Population(std::uint16_t plain_port, const std::string& setup_secret);

  // Accounts with numbers from the present count up to `total`; the tenant, when it is new.
  void grow(std::string_view tenant, std::size_t total);
  // Puts the rules of kStrictTenant into force.
  void tighten();
  void moved_to(std::uint16_t plain_port) { port_ = plain_port; }
  [[nodiscard]] static Device new_device(std::string_view tenant, std::size_t person);

 private:
  struct Admin;
  void sign_in(Admin& admin) const;
  void create(Admin& admin, std::string_view tenant, std::size_t person) const;

  std::uint16_t port_;
  std::vector<Device> admins_;  // several devices: each has a rate of its own
  std::uint64_t turn_ = 0;      // numbers of proofs differ by it
  std::map<std::string, std::size_t, std::less<>> sizes_;  // accounts by tenant
};

}  // namespace conclave::load
