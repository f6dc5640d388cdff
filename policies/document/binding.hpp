#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "policies/document/field.hpp"

// How members of the policy become values and back; private to this folder.
namespace conclave::policy {

inline schema::Value bound_value(bool flag) {
  return flag;
}
inline schema::Value bound_value(Number number) {
  return number;
}
inline schema::Value bound_value(const std::string& text) {
  return text;
}
inline schema::Value bound_value(const std::vector<std::string>& list) {
  return list;
}
inline schema::Value bound_value(const schema::IntegerMap& map) {
  return map;
}
inline schema::Value bound_value(const Origins& origins) {
  return origins.texts();
}
template <class Word>
requires std::is_enum_v<Word> schema::Value bound_value(Word word) {
  return std::string(to_text(word));
}
template <class Word>
schema::Value bound_value(Words<Word> set) {
  std::vector<std::string> list;
  const WordList all = words(Word{});
  for (std::size_t i = 0; i < all.size(); ++i)
    if (set.has(static_cast<Word>(i))) list.emplace_back(all[i]);
  return list;
}

template <class Plain>
void bind(Plain& member, const schema::Value& value) {
  member = std::get<Plain>(value);
}
inline void bind(Origins& member, const schema::Value& value) {
  member = Origins::of(std::get<std::vector<std::string>>(value));
}
template <class Word>
requires std::is_enum_v<Word>
void bind(Word& member, const schema::Value& value) {
  member = parse_word<Word>(std::get<std::string>(value)).value_or(Word{});
}
template <class Word>
void bind(Words<Word>& member, const schema::Value& value) {
  member = {};
  for (const auto& text : std::get<std::vector<std::string>>(value))
    if (const auto word = parse_word<Word>(text)) member.add(*word);
}

inline std::vector<std::string_view> as_list(WordList words) {
  return {words.begin(), words.end()};
}

// The key of member `Inner` of section `Outer`.
template <auto Outer, auto Inner>
schema::Key<Policy> key(std::string_view name, std::string_view unit, schema::Rule rule,
                        std::string_view description) {
  return {name,
          unit,
          std::move(rule),
          description,
          [](const Policy& policy) { return bound_value(policy.*Outer.*Inner); },
          [](Policy& policy, const schema::Value& value) { bind(policy.*Outer.*Inner, value); }};
}

// A word of a ladder.
template <auto Outer, auto Inner>
Field ladder(std::string_view name, std::string_view description, Reader reader = Reader::engine) {
  using Word = std::remove_cvref_t<decltype(std::declval<Policy&>().*Outer.*Inner)>;
  return {key<Outer, Inner>(name, "", schema::TextRule{1, 32, as_list(words(Word{}))}, description),
          Order::ladder, Trust::stays, kBothSides, reader};
}

// A set of words.
template <auto Outer, auto Inner, class Word>
schema::Key<Policy> set_key(std::string_view name, std::string_view description) {
  const WordList all = words(Word{});
  return key<Outer, Inner>(name, "", schema::TextListRule{all.size(), 0, as_list(all)},
                           description);
}

// The fields by theme, each in a file of its own.
void add_device_fields(std::vector<Field>& list);
void add_factor_fields(std::vector<Field>& list);
void add_location_fields(std::vector<Field>& list);
void add_network_fields(std::vector<Field>& list);
void add_automation_fields(std::vector<Field>& list);

}  // namespace conclave::policy
