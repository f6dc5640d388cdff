#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/load/device.hpp"

// The tenant and the people of the bench, made over the management API.
namespace conclave::load {

class Population {
 public:
  // Makes the first administrator with the one-time secret, and the tenant.
  Population(std::uint16_t plain_port, const std::string& setup_secret);

  // Accounts with numbers from the present count up to `total`.
  void grow(std::size_t total);
  void moved_to(std::uint16_t plain_port) { port_ = plain_port; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] static Device new_device(std::size_t person);

 private:
  struct Admin;
  void sign_in(Admin& admin) const;
  void create(Admin& admin, std::size_t person);

  std::uint16_t port_;
  std::vector<Device> admins_;  // several devices: each has a rate of its own
  std::size_t size_ = 0;
};

}  // namespace conclave::load
