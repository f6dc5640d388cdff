#include "policies/document/field.hpp"

#include <algorithm>
#include <cmath>

#include "policies/document/binding.hpp"
#include "policies/signals/settings.hpp"

namespace conclave::policy {
namespace {

template <auto Member>
Field text_field(std::string_view name, schema::TextRule rule, std::string_view description) {
  return {{name, "", std::move(rule), description,
           [](const Policy& policy) { return bound_value(policy.*Member); },
           [](Policy& policy, const schema::Value& value) { bind(policy.*Member, value); }}};
}

std::vector<Field> make_fields() {
  std::vector<Field> list;
  list.push_back(text_field<&Policy::base>(
      "base", schema::TextRule{1, 16, {"open", "standard", "strict", "minor"}},
      "The shipped policy that gives every key which does not stand in this file."));
  list.push_back(text_field<&Policy::note>("note", schema::TextRule{0, 1'000},
                                           "For people: what this policy is for."));
  add_device_fields(list);
  add_factor_fields(list);
  add_location_fields(list);
  add_network_fields(list);
  add_automation_fields(list);
  return list;
}

}  // namespace

Weights default_weights() {
  const signals::Weights tuned;
  Weights out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = std::lround(100 * tuned.of(static_cast<signals::FindingKind>(i)));
  return out;
}

std::span<const Section> sections() {
  static constexpr Section kSections[] = {
      {"", "Of the policy"},
      {"devices", "How many devices a user may have signed in"},
      {"primary", "The primary device and its approval of newcomers"},
      {"recovery", "When the primary device is lost"},
      {"factors", "Second factors"},
      {"password", "Passwords"},
      {"session", "Sessions that are open"},
      {"location", "Where devices are: findings make a score from 0 to 100, the score a grade"},
      {"location.weights",
       "What each finding weighs; `conclavectl policy defaults standard` shows them"},
      {"network", "Networks: the own VPN, others' VPNs, countries"},
      {"automation", "Many sign-ins together: lists of passwords, mass registration, programs"},
  };
  return kSections;
}

std::span<const Field> fields() {
  static const std::vector<Field> list = make_fields();
  return list;
}

const Field* find_field(std::string_view name) {
  const auto found = std::ranges::find(fields(), name, &Field::name);
  return found == fields().end() ? nullptr : &*found;
}

std::string to_text(Parties parties) {
  std::string out;
  const WordList all = words(Party{});
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!parties.has(static_cast<Party>(i))) continue;
    out += std::string(out.empty() ? "" : ", ") + std::string(all[i]);
  }
  return out;
}

std::string_view order_text(Order order) {
  switch (order) {
    case Order::smaller:
      return "smaller is stricter";
    case Order::larger:
      return "larger is stricter";
    case Order::ladder:
      return "later in the list is stricter";
    case Order::yes:
      return "true is stricter";
    case Order::no:
      return "false is stricter";
    case Order::subset:
      return "fewer is stricter";
    case Order::superset:
      return "more is stricter";
    case Order::caps:
      return "a smaller resulting cap is stricter";
    case Order::least:
      return "an entry more, or a smaller one, is stricter";
    case Order::none:
      return "no strictness";
  }
  return {};
}

}  // namespace conclave::policy
