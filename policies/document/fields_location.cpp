#include <utility>

#include "policies/document/binding.hpp"

namespace conclave::policy {
namespace {

// The names of the weights need a home that lives as long as the table.
template <std::size_t Kind>
std::string_view weight_name() {
  static const std::string name =
      "location.weights." + std::string(signals::finding_rows()[Kind].name);
  return name;
}

template <std::size_t Kind>
Field weight() {
  return {{weight_name<Kind>(), "%", schema::IntegerRule{0, 100},
           "How bad this finding is when it is true; 0: it is not looked at.",
           [](const Policy& policy) -> schema::Value { return policy.location.weights[Kind]; },
           [](Policy& policy, const schema::Value& value) {
             policy.location.weights[Kind] = std::get<Number>(value);
           }},
          Order::larger};
}

template <std::size_t... Kinds>
void add_weights(std::vector<Field>& list, std::index_sequence<Kinds...>) {
  (list.push_back(weight<Kinds>()), ...);
}

template <auto Inner>
Field grade(std::string_view name, std::string_view description) {
  return {key<&Policy::location, Inner>(name, "%", schema::IntegerRule{1, 101}, description),
          Order::smaller};
}

void add_grades(std::vector<Field>& list) {
  list.push_back(grade<&Location::step_up_at>(
      "location.step_up_at", "From this score on a fresh second factor is needed; 101: never."));
  list.push_back(grade<&Location::restrict_at>(
      "location.restrict_at", "From this score on only the restricted methods work; 101: never."));
  list.push_back(grade<&Location::refuse_at>("location.refuse_at",
                                             "From this score on it is refused; 101: never."));
}

void add_keeping(std::vector<Field>& list) {
  constexpr auto location = &Policy::location;
  list.push_back({key<location, &Location::travel_kmh>("location.travel_kmh", "km/h",
                                                       schema::IntegerRule{100, 2'000},
                                                       "Nobody travels faster than this."),
                  Order::smaller, Trust::stays, kBothSides, Reader::signals});
  list.push_back(
      {key<location, &Location::fix_days>("location.fix_days", "days", schema::IntegerRule{0, 365},
                                          "Places that devices reported are kept for "
                                          "this long."),
       Order::smaller, Trust::moves_when_weaker, kEverybody, Reader::identity});
  list.push_back({key<location, &Location::profile_days>(
                      "location.profile_days", "days", schema::IntegerRule{1, 730},
                      "A habit profile that nobody used is erased after this long."),
                  Order::smaller, Trust::moves_when_weaker, kEverybody, Reader::identity});
  list.push_back({key<location, &Location::habit_half_life_days>(
                      "location.habit_half_life_days", "days", schema::IntegerRule{1, 365},
                      "A habit that is not kept up counts half after this long."),
                  Order::smaller, Trust::stays, kBothSides, Reader::signals});
}

}  // namespace

void add_location_fields(std::vector<Field>& list) {
  constexpr auto location = &Policy::location;
  Field consent = ladder<location, &Location::consent>(
      "location.consent",
      "Whether a user may keep the device's place private; without it, when it is required, only "
      "the restricted methods work.");
  consent.trust = Trust::moves_when_stricter;
  consent.parties = kEverybody;
  list.push_back(std::move(consent));
  list.push_back({set_key<location, &Location::signals, Signal>(
                      "location.signals",
                      "What is looked at; findings that rest on anything else do not count."),
                  Order::superset, Trust::moves_when_stricter, kEverybody});
  add_grades(list);
  add_keeping(list);
  add_weights(list, std::make_index_sequence<signals::kFindingKinds>{});
}

}  // namespace conclave::policy
