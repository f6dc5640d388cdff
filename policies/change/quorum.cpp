#include "policies/change/quorum.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace conclave::policy {
namespace {

void add(std::string& out, std::size_t count, std::string_view one, std::string_view many) {
  if (count == 0) return;
  if (!out.empty()) out += "; ";
  out += std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string told(Parties parties, std::size_t persons, std::size_t users) {
  std::string out = to_text(parties);
  add(out, persons, "person", "people");
  add(out, users, "user", "users");
  return out;
}

}  // namespace

bool waits(const Effect& effect) {
  return effect.weakens || effect.moves_trust;
}

Quorum quorum_of(std::span<const Change> changes, const Electorate& electorate) {
  Quorum out;
  for (const Change& change : changes) {
    if (waits(change.effect)) out.parties = out.parties | change.field->parties;
  }
  if (out.parties.empty()) return out;
  out.persons = electorate.persons;
  if (electorate.persons <= 1) {
    out.persons = 1;
    out.parties = {Party::tenant};
    return out;
  }
  if (out.parties.has(Party::users)) {
    out.users = std::min(electorate.users, electorate.users_most);
    if (out.users == 0) out.parties.remove(Party::users);
  }
  return out;
}

Missing missing(const Quorum& quorum, std::span<const Signer> signers) {
  std::map<std::pair<TenantId, UserId>, Parties> people;
  for (const Signer& signer : signers) {
    Parties& parties = people[{signer.tenant, signer.user}];
    parties = parties | signer.parties;
  }
  Parties present;
  std::size_t counting = 0;
  std::size_t users = 0;
  for (const auto& [person, parties] : people) {
    const Parties helps = parties & quorum.parties;
    present = present | helps;
    counting += helps.empty() ? 0 : 1;
    users += helps.has(Party::users) ? 1 : 0;
  }
  const auto lacking = [](std::size_t wanted, std::size_t have) {
    return static_cast<std::uint16_t>(wanted > have ? wanted - have : 0);
  };
  Missing out;
  out.parties = Parties::from_bits(quorum.parties.bits() & ~present.bits());
  out.persons = lacking(quorum.persons, counting);
  out.users = lacking(quorum.users, users);
  return out;
}

std::string to_text(const Quorum& quorum) {
  return told(quorum.parties, quorum.persons, quorum.users);
}

std::string to_text(const Missing& lacking) {
  return told(lacking.parties, lacking.persons, lacking.users);
}

}  // namespace conclave::policy
