#pragma once

#include <span>
#include <string>
#include <string_view>

#include "policies/document/policy.hpp"
#include "runtime/schema/keys.hpp"

// The one table of everything that a policy can say. Parser, writer, reference page, contradiction
// checks' lines and the classification of changes all read it.
namespace conclave::policy {

// Which of two values of a field is the stricter one.
enum class Order {
  smaller,   // number: the smaller
  larger,    // number: the larger
  ladder,    // word: the later one of the rule's list
  yes,       // flag: true
  no,        // flag: false
  subset,    // list: the one with fewer members; "*" stands for all
  superset,  // list: the one with more members
  caps,      // table of caps: by what each cap then is, with the wider caps where one is missing
  least,     // table of numbers: an entry more, or a smaller one
  none,      // no strictness: a text for people
};

// Whether a change also moves trust: people, networks or data that something is newly entrusted to.
enum class Trust { stays, moves_when_weaker, moves_when_stricter };

// Whose signatures a weakening or a move of trust waits for (X.1606 8.3.1): the boundary is agreed
// between provider and tenant; what touches the data of people asks them as well.
using Parties = Words<Party>;
inline constexpr Parties kBothSides{Party::provider, Party::tenant};
inline constexpr Parties kEverybody{Party::provider, Party::tenant, Party::users};

// Who obeys the field.
enum class Reader {
  engine,    // decide() and its relatives
  signals,   // the makers of findings
  identity,  // the service that acts on decisions: approvals, passwords, retention
};

struct Field {
  schema::Key<Policy> key;
  Order order = Order::none;
  Trust trust = Trust::stays;
  Parties parties = kBothSides;
  Reader reader = Reader::engine;

  [[nodiscard]] std::string_view name() const { return key.name; }
};

struct Section {
  std::string_view name;
  std::string_view description;
};

[[nodiscard]] std::span<const Section> sections();
[[nodiscard]] std::span<const Field> fields();
// nullptr for an unknown name.
[[nodiscard]] const Field* find_field(std::string_view name);
// "provider, tenant", for people.
[[nodiscard]] std::string to_text(Parties parties);
// "smaller is stricter", for people.
[[nodiscard]] std::string_view order_text(Order order);

}  // namespace conclave::policy
