#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "policies/document/change.hpp"
#include "runtime/base/ids.hpp"

namespace conclave::policy {

// Whether an effect waits for signatures at all: what weakens a boundary or moves trust. What only
// tightens, or only changes texts, does not.
[[nodiscard]] bool waits(const Effect& effect);

// Whose signatures are enough.
struct Quorum {
  Parties parties;           // each has to be stood for by a signer
  std::uint8_t persons = 0;  // different people at least, whomever they stand for
  std::uint16_t users = 0;   // of them this many for Party::users; 0 without that party

  friend bool operator==(const Quorum&, const Quorum&) = default;
};

// Who could sign, and what the installation asks for.
struct Electorate {
  std::uint8_t persons = 2;      // signatures that a weakening needs; 1: whoever may set it, alone
  std::uint16_t users = 1;       // of the tenant's people where a field asks them
  std::uint16_t users_most = 0;  // people of the tenant who could sign as users
};

// From the fields that weaken or move trust: the parties that each of them names. A tenant without
// people has nobody to ask for Party::users. With `persons` of 1 the tenant alone is asked.
[[nodiscard]] Quorum quorum_of(std::span<const Change> changes, const Electorate& electorate);

struct Signer {
  TenantId tenant;
  UserId user;
  Parties parties;  // whom this person stands for
};

// What a set of signers still lacks.
struct Missing {
  Parties parties;
  std::uint16_t persons = 0;  // further people
  std::uint16_t users = 0;    // of the people of the tenant

  [[nodiscard]] bool nothing() const { return parties.empty() && persons == 0 && users == 0; }
};
// One person counts once, however often they signed.
[[nodiscard]] Missing missing(const Quorum& quorum, std::span<const Signer> signers);

// "provider, tenant; 2 people", for people.
[[nodiscard]] std::string to_text(const Quorum& quorum);
[[nodiscard]] std::string to_text(const Missing& missing);

}  // namespace conclave::policy
