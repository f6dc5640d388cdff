#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policies/engine/decision.hpp"
#include "runtime/base/ids.hpp"

namespace conclave::admission {

// One device whose outcome another policy would change.
struct Touched {
  UserId user;
  DeviceId device;
  bool open = false;  // it has a session
  policy::Outcome now = policy::Outcome::allow;
  policy::Outcome then = policy::Outcome::allow;
  std::string reasons;  // of the new outcome, as the audit trail has them
};

// How many devices, and people, of one kind.
struct Heads {
  std::size_t devices = 0;
  std::size_t users = 0;
};

// What another policy would do to those who are in now, with the facts of now. Devices with a
// session as they stand; the others as if they came back by their key, from no known network: what
// depends on network and place shows only for those with a session.
struct Rehearsal {
  static constexpr std::size_t kLooked = 20'000;  // devices that are looked at
  static constexpr std::size_t kListed = 50;      // devices that are named

  Heads open;               // with a session
  Heads resting;            // without
  std::size_t skipped = 0;  // devices beyond kLooked
  // Worse off than under the policy in force, by what would be done with them.
  Heads refused;
  Heads restricted;
  Heads stepped_up;
  Heads eased;                   // better off
  std::vector<Touched> touched;  // the worst first
};

}  // namespace conclave::admission
