#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/document/field.hpp"

// What a change of policy does to the boundary, told from the documents alone.
namespace conclave::policy {

// Several may hold at once. When in doubt a change weakens: nothing that lets anybody do more is
// ever called harmless.
struct Effect {
  bool tightens = false;
  bool weakens = false;
  bool moves_trust = false;

  [[nodiscard]] bool neutral() const { return !tightens && !weakens && !moves_trust; }
  Effect& operator|=(const Effect& other);
  friend bool operator==(const Effect&, const Effect&) = default;
};

// "weakening, moving trust"; the gravest first.
[[nodiscard]] std::string to_text(const Effect& effect);

struct Change {
  const Field* field = nullptr;
  std::string before;  // as in TOML
  std::string after;
  Effect effect;
};

// The fields that differ, in the order of the table. `base` is left out: it has no meaning once the
// document is read.
[[nodiscard]] std::vector<Change> changes(const Policy& before, const Policy& after);
// Their keys, with a blank between.
[[nodiscard]] std::string names(std::span<const Change> changes);
// What one field does; both policies are needed because caps fall back on each other.
[[nodiscard]] Effect effect_of(const Field& field, const Policy& before, const Policy& after);

}  // namespace conclave::policy
