#pragma once

#include <optional>
#include <vector>

#include "policies/signals/evidence.hpp"
#include "policies/signals/finding.hpp"
#include "policies/signals/habit.hpp"
#include "policies/signals/settings.hpp"

// The signals by theme, private to this folder and its tests; each appends what it finds.
namespace conclave::signals {

struct Look {
  const Evidence& evidence;
  const History& history;
  const HabitProfile& habit;
  const Settings& settings;
  std::vector<Finding>& found;

  // Appends a finding and returns it for its parameters. Confidence is moved into 0 to 1; below
  // one percent, or with a weight of 0, nothing is found: nullptr.
  Finding* add(FindingKind kind, double confidence) const;
};

// 1 for a network and a place where the person has not been, down to 0.2 for those of every day:
// they do not move, whatever a database says; a thief would have to sit there.
[[nodiscard]] double unusual(const Look& look);
// Where others on the same network are, when enough of them are known; else believed_place().
[[nodiscard]] std::optional<Place> place_here(const Evidence& evidence);
inline constexpr std::uint32_t kLeastPeers = 3;

void look_at_movement(const Look& look);      // impossible travel, far-apart devices
void look_at_novelty(const Look& look);       // unfamiliar device, new country, rare network
void look_at_disagreement(const Look& look);  // fix, clock, locale, second network, peers, distance
void look_at_relays(const Look& look);        // lists, tunnel, round trips that give a relay away

}  // namespace conclave::signals
