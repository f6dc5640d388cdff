#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policies/signals/finding.hpp"

// What many sign-ins together say that one alone does not: lists of stolen passwords being tried,
// accounts being registered by the dozen, programs at the keyboard (requirement T-03).
namespace conclave::signals {

// From which counts on; set by the tenant's policy. Each is reached for sure at three times itself.
struct CrowdRules {
  std::int64_t accounts_tried = 10;      // only failed, from one network
  std::int64_t accounts_enrolled = 20;   // a new device each, from one network
  std::int64_t accounts_per_device = 4;  // on one hardware
};

// Accounts, each counted once, within the tenant's window.
struct NetworkCrowd {
  std::int64_t tried = 0;     // nothing but failures; whichever tenant's, existing or not
  std::int64_t enrolled = 0;  // brought a new device in
  std::int64_t known = 0;     // came in with a device that they had before
};

struct CrowdFacts {
  NetworkCrowd block;            // the /24 or /48 of the address
  NetworkCrowd system;           // its autonomous system; nothing when that is not known
  std::int64_t on_hardware = 0;  // accounts that enrolled this very hardware, this one included
  // Milliseconds between one failed attempt or new device and the next from this very address, of
  // different accounts; oldest first.
  std::span<const std::int64_t> gaps_ms;
};

// Of a sign-in with a password on a new device; what else comes in brings a key of its own, which
// no list of passwords has. Networks where most people come in as ever are left alone however many
// they are: offices and carriers put thousands behind one address. What a client calls itself is
// not looked at.
[[nodiscard]] std::vector<Finding> look_at_crowd(const CrowdFacts& facts, const CrowdRules& rules);

}  // namespace conclave::signals
