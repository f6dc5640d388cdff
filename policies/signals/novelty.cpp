#include <algorithm>

#include "policies/signals/signals.hpp"

namespace conclave::signals {
namespace {

// A device whose key we know vouches for its person to some degree: people travel with theirs. Not
// fully: keys of a device can be copied by malware.
constexpr double kKnownDevice = 0.5;

double doubt(const Look& look) {
  return look.habit.maturity(look.evidence.here.at_s) *
         (look.evidence.known_device ? kKnownDevice : 1);
}

void new_country(const Look& look) {
  const Sighting& here = look.evidence.here;
  const NetworkFacts& network = here.network;
  // The country of a relay or an aircraft is not the person's; other findings look at those.
  if (!network.country.known() || network.is_relay() || network.traits.any(kPlacelessTraits)) {
    return;
  }
  const double unused = 1 - look.habit.country(network.country, here.at_s);
  if (Finding* finding = look.add(FindingKind::new_country, unused * doubt(look))) {
    finding->add("country", network.country);
  }
}

void rare_network(const Look& look) {
  const Sighting& here = look.evidence.here;
  const NetworkFacts& network = here.network;
  if (network.as_number == 0 || network.traits.any({Trait::tenant_egress, Trait::allowed})) return;
  // A strange network in a familiar town is a café; in a strange town it is a strange town.
  constexpr double kFamiliarTown = 0.4;
  double unused = 1 - look.habit.network(network.as_number, here.at_s);
  const auto place = believed_place(network);
  if (place && network.place) {
    unused *= 1 - kFamiliarTown * look.habit.near(place->middle, here.at_s);
  }
  if (Finding* finding = look.add(FindingKind::rare_network, unused * doubt(look))) {
    finding->add("as_number", network.as_number);
    finding->add("country", network.country);
  }
}

}  // namespace

void look_at_novelty(const Look& look) {
  if (!look.evidence.known_device) {
    look.add(FindingKind::unfamiliar_device, look.habit.maturity(look.evidence.here.at_s));
  }
  new_country(look);
  rare_network(look);
}

}  // namespace conclave::signals
