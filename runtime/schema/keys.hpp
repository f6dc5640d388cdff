#pragma once

#include <algorithm>
#include <filesystem>
#include <type_traits>

#include "runtime/schema/rules.hpp"

// How an entry of a schema is bound to a member of a struct.
namespace conclave::schema {

// One key of `Struct`. `set` gets a value that obeys the rule.
template <class Struct>
struct Key {
  std::string_view name;  // dotted: "limits.frame_bytes"; no dot: at the top of the document
  std::string_view unit;  // empty for none
  Rule rule;
  std::string_view description;  // one sentence
  Value (*get)(const Struct&);
  void (*set)(Struct&, const Value&);
};

template <class Struct>
const Key<Struct>* find_key(std::span<const Key<Struct>> known, std::string_view name) {
  const auto found = std::ranges::find(known, name, &Key<Struct>::name);
  return found == known.end() ? nullptr : &*found;
}

template <class Member>
Value to_value(const Member& member) {
  if constexpr (std::is_same_v<Member, bool>)
    return member;
  else if constexpr (std::is_integral_v<Member>)
    return static_cast<std::int64_t>(member);
  else if constexpr (std::is_same_v<Member, std::filesystem::path>)
    return member.string();
  else
    return member;
}

template <class Member>
void from_value(Member& member, const Value& value) {
  if constexpr (std::is_same_v<Member, bool>)
    member = std::get<bool>(value);
  else if constexpr (std::is_integral_v<Member>)
    member = static_cast<Member>(std::get<std::int64_t>(value));
  else if constexpr (std::is_same_v<Member, std::vector<std::string>>)
    member = std::get<std::vector<std::string>>(value);
  else if constexpr (std::is_same_v<Member, IntegerMap>)
    member = std::get<IntegerMap>(value);
  else
    member = std::get<std::string>(value);
}

// A key whose value is `Member` of `Struct`.
template <auto Member, class Struct>
Key<Struct> plain(std::string_view name, std::string_view unit, Rule rule,
                  std::string_view description) {
  return {name,
          unit,
          std::move(rule),
          description,
          [](const Struct& object) { return to_value(object.*Member); },
          [](Struct& object, const Value& value) { from_value(object.*Member, value); }};
}

// A key whose value is `Inner` of the section `Outer` of `Struct`.
template <auto Outer, auto Inner, class Struct>
Key<Struct> inner(std::string_view name, std::string_view unit, Rule rule,
                  std::string_view description) {
  return {name,
          unit,
          std::move(rule),
          description,
          [](const Struct& object) { return to_value(object.*Outer.*Inner); },
          [](Struct& object, const Value& value) { from_value(object.*Outer.*Inner, value); }};
}

}  // namespace conclave::schema
