#pragma once

#include <type_traits>

#include "runtime/config/schema.hpp"

// How a schema entry is bound to a field of Config; private to the schema's own files.
namespace conclave::config {

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
  else
    member = std::get<std::string>(value);
}

// A key whose value is `Inner` of the section `Outer` of the configuration.
template <auto Outer, auto Inner>
Key<Config> key(std::string_view name, std::string_view unit, Rule rule,
                std::string_view description) {
  return {name,
          unit,
          std::move(rule),
          description,
          [](const Config& config) { return to_value(config.*Outer.*Inner); },
          [](Config& config, const Value& value) { from_value(config.*Outer.*Inner, value); }};
}

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

inline constexpr std::int64_t kKiB = 1024;
inline constexpr std::int64_t kMiB = 1024 * kKiB;
inline constexpr std::int64_t kGiB = 1024 * kMiB;
inline constexpr std::int64_t kMillion = 1'000'000;

// The keys by theme, each in a file of its own.
void add_general_keys(std::vector<Key<Config>>& list);
void add_limit_keys(std::vector<Key<Config>>& list);

}  // namespace conclave::config
